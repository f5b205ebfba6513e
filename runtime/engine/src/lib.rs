//! Accepts and runs plans: the only loop in the program
