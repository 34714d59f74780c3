//! Order and isolation of lanes.
