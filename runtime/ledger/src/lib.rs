//! Typed, versioned and sealed records over the store
