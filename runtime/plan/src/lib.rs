//! Decides what to do: demand, steps, offers and a snapshot become an immutable plan
