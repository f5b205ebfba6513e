//! The vocabulary of innominatus: ids, names, digests, resources, failures and error codes
