//! What people must know of a provider to set a connection up: what to do with the addresses it may call, and who chooses
//! the sender. Source: the guides in `docs/providers/`.

use super::gateway::Door;
use super::provider::Provider;

/// What a provider does with one of a connection's addresses for its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doorway {
    /// What comes there and what must be done for it, or why nothing comes; for people.
    pub help: &'static str,
    /// What is written behind the address where it is entered; `None` when the provider calls no such address.
    pub ending: Option<&'static str>,
}

impl Provider {
    /// What it does with one of a connection's two addresses for its calls.
    pub fn doorway(self, door: Door) -> Doorway {
        let (ending, help) = match (self, door) {
            (Self::Simulator, Door::Status) => (Some(""), "Delivery receipts. Peyk tells it with every message."),
            (Self::Simulator, Door::Inbound) => (Some(""), "What people write back. Peyk tells it to the simulator."),
            (Self::Twilio, Door::Status) => {
                (Some(""), "Delivery receipts. There is nothing to enter: Peyk tells it to Twilio with every message.")
            }
            (Self::Twilio, Door::Inbound) => (
                Some(""),
                "What people write back. Enter it at Twilio, at your number (“A message comes in”, Webhook, HTTP POST) or at your messaging service, so that a STOP is heard.",
            ),
            (Self::Melipayamak, Door::Status) => (None, "Melipayamak does not report deliveries by itself: Peyk asks for them."),
            (Self::Melipayamak, Door::Inbound) => (
                Some("?to=$TO$&from=$FROM$&body=$TEXT$"),
                "What people write back. Peyk reads the panel’s inbox every half minute. To have it at once, write push into “Texts from people” and type this into the panel.",
            ),
            (Self::Every8d, Door::Status) => {
                (Some(""), "Delivery receipts. Give it to Every8d, who put it on file for your account. Until then Peyk asks for them.")
            }
            (Self::Every8d, Door::Inbound) => {
                (None, "What people write back comes to the same address. Until it is on file, Peyk hears no STOP.")
            }
            (Self::Mitake, Door::Status) => {
                (Some(""), "Delivery receipts. There is nothing to enter: Peyk tells it to Mitake with every message.")
            }
            (Self::Mitake, Door::Inbound) => {
                (None, "Mitake does not hand on what people write back. Give them another way to opt out, such as a link.")
            }
            (Self::Sns, Door::Status) => (
                None,
                "Amazon SNS reports nothing: a message stays at “Sent, waiting for receipt”, and what became of it stands in CloudWatch only.",
            ),
            (Self::Sns, Door::Inbound) => {
                (None, "It does not hand on what people write back either. Give them another way to opt out, such as a link.")
            }
        };
        Doorway { help, ending }
    }

    /// Where the sender of a message comes from, as a hint beside the list of a connection's senders.
    pub fn senders_help(self) -> &'static str {
        match self {
            Self::Simulator => "Names or numbers with commas between them; the first is the usual one.",
            Self::Twilio => {
                "Names or numbers with commas between them, when you have several. What is written into “Sender” or “Messaging service” goes before them."
            }
            Self::Melipayamak => "Other lines of yours, with commas between them. The first goes before “Sender line”.",
            Self::Sns => {
                "Names or numbers with commas between them, when you have several. The first goes before “Sender name” and “Sender number”."
            }
            Self::Every8d | Self::Mitake => "Leave it empty: the provider chooses the number that people see.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_where_the_provider_calls_one() {
        let called = |provider: Provider| [Door::Status, Door::Inbound].map(|door| provider.doorway(door).ending.is_some());
        let all = Provider::ALL.map(|provider| (provider.as_str(), called(provider)));
        let expected = [
            ("simulator", [true, true]),
            ("twilio", [true, true]),
            ("melipayamak", [false, true]),
            ("every8d", [true, false]),
            ("mitake", [true, false]),
            ("sns", [false, false]),
        ];
        assert_eq!(all, expected);
    }
}
