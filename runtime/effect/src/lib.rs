//! Every effect of a guest as a value: calls, outcomes, authorisation, recording
