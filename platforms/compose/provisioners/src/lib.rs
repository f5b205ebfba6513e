//! Provisioners of the local development platform
