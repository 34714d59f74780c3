//! Channels and the simulated operator over real sockets on the loopback.

#[cfg(test)]
mod binding;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod rebinding;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod submitting;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trespass;
#[cfg(test)]
mod ussd;
#[cfg(test)]
mod vanishing;
