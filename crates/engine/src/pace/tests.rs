//! Windows, rates, pauses and order.
