//! Many short first-in-first-out queues in one arena. A million phones with one waiting item each cost a node each and
//! no allocation of their own; what has drained gives its memory back. No ids, states or times: what waits in a queue
//! means nothing here.

use crate::limit::LANES_KEPT;

/// No node.
const NONE: u32 = u32::MAX;

struct Node<T> {
    item: T,
    next: u32,
}

/// One queue; its items are in the [`Queues`] that made it. A copy is another handle of the same items, so there is
/// one, in the lane it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    head: u32,
    tail: u32,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { head: NONE, tail: NONE }
    }
}

impl Queue {
    pub(crate) const fn is_empty(&self) -> bool {
        self.head == NONE
    }
}

/// The items of all queues of one owner; at most 2^32 − 1.
pub(crate) struct Queues<T> {
    nodes: Vec<Node<T>>,
    free: u32,
    used: usize,
}

impl<T> Default for Queues<T> {
    fn default() -> Queues<T> {
        Queues { nodes: Vec::new(), free: NONE, used: 0 }
    }
}

impl<T: Copy> Queues<T> {
    /// Items in all queues.
    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    pub(crate) fn push(&mut self, queue: &mut Queue, item: T) {
        let node = Node { item, next: NONE };
        let at = if self.free == NONE {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        } else {
            let at = self.free;
            self.free = self.nodes[at as usize].next;
            self.nodes[at as usize] = node;
            at
        };
        self.used += 1;
        if queue.tail == NONE {
            queue.head = at;
        } else {
            self.nodes[queue.tail as usize].next = at;
        }
        queue.tail = at;
    }

    pub(crate) fn front(&self, queue: &Queue) -> Option<T> {
        self.nodes.get(queue.head as usize).map(|node| node.item)
    }

    /// Whether an item fits.
    pub(crate) fn any(&self, queue: &Queue, fits: impl Fn(&T) -> bool) -> bool {
        let mut at = queue.head;
        while let Some(node) = self.nodes.get(at as usize) {
            if fits(&node.item) {
                return true;
            }
            at = node.next;
        }
        false
    }

    /// Takes out the first item that fits. False when there is none.
    pub(crate) fn remove(&mut self, queue: &mut Queue, fits: impl Fn(&T) -> bool) -> bool {
        let (mut before, mut at) = (NONE, queue.head);
        while at != NONE {
            let node = &self.nodes[at as usize];
            let next = node.next;
            if !fits(&node.item) {
                (before, at) = (at, next);
                continue;
            }
            match before {
                NONE => queue.head = next,
                before => self.nodes[before as usize].next = next,
            }
            if queue.tail == at {
                queue.tail = before;
            }
            self.release(at);
            return true;
        }
        false
    }

    fn release(&mut self, at: u32) {
        self.nodes[at as usize].next = self.free;
        self.free = at;
        self.used -= 1;
        if self.used == 0 && self.nodes.len() > LANES_KEPT {
            self.nodes = Vec::new();
            self.free = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Against queues of the standard library.
    use std::collections::VecDeque;

    use super::*;
    use domain::id::Stamp;
    use domain::mint::Mint;

    #[test]
    fn queues_of_one_arena_keep_their_order_apart() {
        for seed in 0..50 {
            let mut mint = Mint::new(Stamp(0), seed);
            let mut arena = Queues::default();
            let mut ours = [Queue::default(); 5];
            let mut theirs: [VecDeque<u64>; 5] = Default::default();
            for step in 0..2_000 {
                let which = mint.up_to(4) as usize;
                match mint.up_to(3) {
                    0 | 1 => {
                        arena.push(&mut ours[which], step);
                        theirs[which].push_back(step);
                    }
                    2 => {
                        let first = theirs[which].pop_front();
                        assert_eq!(arena.front(&ours[which]), first);
                        assert_eq!(arena.remove(&mut ours[which], |_| true), first.is_some());
                    }
                    _ => {
                        let any = theirs[which].get(mint.up_to(9) as usize).copied();
                        assert_eq!(arena.any(&ours[which], |item| Some(*item) == any), any.is_some());
                        theirs[which].retain(|item| Some(*item) != any);
                        assert_eq!(arena.remove(&mut ours[which], |item| Some(*item) == any), any.is_some());
                    }
                }
                assert_eq!(arena.front(&ours[which]), theirs[which].front().copied());
                assert_eq!(ours[which].is_empty(), theirs[which].is_empty());
                assert_eq!(arena.len(), theirs.iter().map(VecDeque::len).sum::<usize>());
            }
        }
    }

    #[test]
    fn a_drained_backlog_gives_its_memory_back() {
        let (mut arena, mut queue) = (Queues::default(), Queue::default());
        for item in 0..100_000_u32 {
            arena.push(&mut queue, item);
        }
        while arena.remove(&mut queue, |_| true) {}
        assert_eq!(arena.nodes.capacity(), 0);
    }
}
