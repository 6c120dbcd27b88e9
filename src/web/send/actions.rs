//! Commands of the page for one message.

use leptos::prelude::*;
use serde_json::Value;

use super::form::Composed;
use super::recipient;
use crate::access::idempotency::Call;
use crate::kernel::error::{Error, Result};
use crate::messages::{self, Sending};
use crate::web::action::{Answer, Done, Posted, act, posted};
use crate::web::page::{Desk, desk};

const PAGE: &str = "/send";

/// Accepts the message. The same form posted twice sends once.
#[server(prefix = "/do", endpoint = "send")]
pub async fn send_message() -> Answer {
    act(PAGE, async {
        let desk = desk()?;
        let (id, later) = accept(&desk, &posted()).await?;
        let words = if later { "Scheduled. You can cancel it until it leaves." } else { "Accepted. It leaves in a moment." };
        Ok(Done::at(format!("/history/{id}")).saying(words))
    })
    .await
}

/// Shows the form again with a fresh preview; sends nothing.
#[server(prefix = "/do", endpoint = "send/preview")]
pub async fn preview_message() -> Answer {
    act(PAGE, async { Ok(Done::in_place(PAGE)) }).await
}

/// Shows the form again with plain characters in place of those that make the text dearer; sends nothing.
#[server(prefix = "/do", endpoint = "send/plain")]
pub async fn replace_characters() -> Answer {
    act(PAGE, async { Ok(Done::in_place(PAGE)) }).await
}

/// Sends the text to a number of one's own, and shows the form again as it was.
#[server(prefix = "/do", endpoint = "send/test")]
pub async fn send_test() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        let Some(to) = form.get("test_to").map(str::trim).filter(|to| !to.is_empty()) else {
            return Err(Error::invalid("test_to", "missing", "Write your own number for the test."));
        };
        let test = Composed::posted(&form).for_test(to.to_owned()).request(desk.settings().time_zone)?;
        let test = messages::send(&desk.app, desk.actor(), test).await.map_err(to_the_tester)?;
        Ok(Done::in_place(PAGE).saying(format!("The test is on its way to {}. The history shows how it goes.", test.to)))
    })
    .await
}

/// A refused number is that of the test, not that of the message.
fn to_the_tester(error: Error) -> Error {
    match error {
        Error::Invalid(mut errors) => {
            errors.0.iter_mut().filter(|e| e.field == "to").for_each(|e| e.field = "test_to".into());
            Error::Invalid(errors)
        }
        other => other,
    }
}

/// The accepted message and whether it is for later.
async fn accept(desk: &Desk, form: &Posted) -> Result<(String, bool)> {
    let composed = Composed::posted(form);
    let number = recipient::find(desk, composed.to()).await?;
    let composed = composed.with_recipient(number);
    let request = composed.request(desk.settings().time_zone)?;
    let later = request.send_at.is_some();
    let (app, actor) = (&desk.app, desk.actor());
    let Some(once) = form.get("once").filter(|once| !once.is_empty()) else {
        return Ok((messages::send(app, actor, request).await?.id, later));
    };
    let call = Call::new(actor, PAGE, once, &composed.bytes())?;
    let id = match messages::send_once(app, actor, request, call).await.map_err(sent_before)? {
        Sending::New(message) => message.id,
        Sending::Replayed(answer) => {
            let answer: Value = serde_json::from_str(&answer).map_err(Error::internal)?;
            answer["id"].as_str().ok_or_else(|| Error::internal("a kept answer has no id"))?.to_owned()
        }
    };
    Ok((id, later))
}

/// The form was sent, changed and sent again from the same page: say so where the person is.
fn sent_before(error: Error) -> Error {
    match error {
        Error::Invalid(errors) if errors.0.iter().any(|e| e.field == "Idempotency-Key") => Error::conflict(
            "This form was sent before with other words; that message is in the history. To send this one too, press the button again.",
        ),
        other => other,
    }
}
