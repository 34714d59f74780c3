//! Links to the network: they bind, they are cut, and a channel may throttle everything for a while.

use domain::directory::Name;
use engine::port::{Signal, SubmitAnswer};

use crate::agenda::Happening;
use crate::tally::Fault;
use crate::world::World;

impl World {
    pub(crate) fn cut(&mut self, channel: &Name, link: u16) {
        if self.is_healed {
            return;
        }
        let Some(life) = self.network.links_up.remove(&(channel.clone(), link)) else { return };
        self.story.happened(Fault::LinkCut, format_args!("link {channel}/{link} is cut"));
        self.count_what_it_cuts(channel, (link, life));
        let down = Signal::LinkDown { channel: channel.clone(), link };
        let down_first = self.chance.percent(50);
        if down_first {
            self.signal(down.clone());
        }
        for place in self.network.orders_on(channel, link) {
            let reason = "the link broke".to_owned();
            self.submit_answered(place, SubmitAnswer::Unknown { reason });
        }
        if !down_first {
            self.signal(down);
        }
        let after_ms = if self.chance.percent(30) { 0 } else { self.chance.between(10, 5_000) };
        self.agenda.at(self.now_ms() + after_ms, Happening::LinkUp(channel.clone(), link));
    }

    fn count_what_it_cuts(&mut self, channel: &Name, on: (u16, crate::network::Life)) {
        if !self.network.orders_on(channel, on.0).is_empty() {
            self.story.tally.count(Fault::CutWithOrders);
        }
        let pieces = self.network.pieces.iter().filter(|piece| piece.is_waiting && piece.mo.channel == *channel);
        let receipts = self.network.receipts.iter().filter(|receipt| receipt.is_waiting && receipt.channel == *channel);
        let mut waiting = pieces.map(|piece| piece.on).chain(receipts.map(|receipt| receipt.on));
        if waiting.any(|delivered| delivered == Some(on)) {
            self.story.tally.count(Fault::CutWithDelivery);
        }
    }

    pub(crate) fn link_up(&mut self, channel: Name, link: u16) {
        if self.node.is_none() || !self.network.bind(channel.clone(), link) {
            return;
        }
        self.story.tell(format_args!("link {channel}/{link} is up"));
        self.network.paused_until_ms.remove(&(channel.clone(), link));
        self.network.refusals.remove(&(channel.clone(), link));
        let window = self.plan.window;
        self.signal(Signal::LinkUp { channel, link, window });
    }

    pub(crate) fn storm(&mut self, channel: Name, is_on: bool) {
        if is_on && !self.is_healed {
            self.story.happened(Fault::ThrottleStorm, format_args!("{channel} throttles everything"));
            self.network.storms.insert(channel);
        } else if self.network.storms.remove(&channel) {
            self.story.tell(format_args!("{channel} takes segments again"));
        }
    }
}
