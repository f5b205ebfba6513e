//! Wire types of API v1 and a client that speaks them
