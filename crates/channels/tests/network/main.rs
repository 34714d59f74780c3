//! Channels and the simulated operator over real sockets on the loopback.

#[cfg(test)]
mod binding;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod submitting;
#[cfg(test)]
mod support;
