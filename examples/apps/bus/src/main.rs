//! Messages over NATS: questions that one of several workers answers, and messages that reach all
//! who listen.
//!
//! The connection to the server comes back by itself; a question that got no answer is asked again.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{Arguments, Ending, Failure, Trying};
use async_nats::{Client, ConnectOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const USAGE: &str = "\
usage: bus work [URL]
       bus ask [--questions N] [--at-once N] [--seconds N] [URL]
       bus fan [--messages N] [--listeners N] [URL]

Messages over NATS; URL is nats://127.0.0.1:4222 by default.
  work  counts the words of each question, together with other workers, until SIGTERM or Ctrl-C
  ask   asks so many questions (default 5000), so many at once (default 100), and looks at the
        answers; each is asked again for so long (default 10) as there is none
  fan   sends messages (default 5000) to listeners (default 5), and looks whether all reach all
";

const QUESTIONS: &str = "apps.words";
const WORKERS: &str = "workers";
const NEWS: &str = "apps.news";

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(1);

/// Before a question is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// How many messages a listener may be behind: all that `fan` sends, since NATS drops the rest.
const BEHIND_MAX: usize = 1 << 20;

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("bus", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    let command = arguments.command()?;
    let questions: usize = arguments.option("--questions", 5000)?;
    let at_once: usize = arguments.option("--at-once", 100)?;
    let patience = Duration::from_secs(arguments.option("--seconds", 10)?);
    let messages: usize = arguments.option("--messages", 5000)?;
    let listeners: usize = arguments.option("--listeners", 5)?;
    let url = arguments.word("the URL");
    let url = url.unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    arguments.end()?;

    let options = ConnectOptions::new()
        .request_timeout(Some(LIMIT))
        .subscription_capacity(BEHIND_MAX)
        .reconnect_delay_callback(|_| PAUSE);
    let connecting = options.connect(&url);
    match command.as_str() {
        "work" => work(connecting.await.trying(url)?).await,
        "ask" => ask(connecting.await.trying(url)?, questions, at_once, patience).await,
        "fan" => fan(connecting.await.trying(url)?, messages, listeners).await,
        unknown => Err(Failure::Usage(format!("unknown command {unknown:?}"))),
    }
}

async fn work(client: Client) -> Result<(), Failure> {
    let ending = Ending::listen()?.token();
    let questions = client.queue_subscribe(QUESTIONS, WORKERS.to_owned()).await;
    let mut questions = questions.trying(QUESTIONS)?;
    client.flush().await.trying("the server")?;
    app::say("working")?;
    let mut answered = 0_u64;
    while let Some(Some(question)) = ending.run_until_cancelled(questions.next()).await {
        let Some(reply) = question.reply else {
            continue;
        };
        let answer = words(&question.payload).to_string();
        client
            .publish(reply, answer.into())
            .await
            .trying("an answer")?;
        answered += 1;
    }
    client.flush().await.trying("the server")?;
    app::say(format!("{answered} answered"))
}

fn words(text: &[u8]) -> usize {
    let words = text.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty()).count()
}

async fn ask(
    client: Client,
    questions: usize,
    at_once: usize,
    patience: Duration,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(at_once));
    let mut asked = JoinSet::new();
    for number in 0..questions {
        let place = places.clone().acquire_owned().await;
        let client = client.clone();
        asked.spawn(async move {
            let _place = place;
            question(&client, number % 50, patience).await
        });
    }
    while let Some(answered) = asked.join_next().await {
        answered.trying("a question")??;
    }
    app::say(format!("{questions} right answers"))?;
    eprintln!("bus: in {:.2?}", begun.elapsed());
    Ok(())
}

/// Asks about so many words until there is an answer.
async fn question(client: &Client, count: usize, patience: Duration) -> Result<(), Failure> {
    let text = Bytes::from("word ".repeat(count));
    let begun = Instant::now();
    loop {
        match client.request(QUESTIONS, text.clone()).await {
            Ok(answer) if answer.payload == count.to_string() => return Ok(()),
            Ok(answer) => {
                let wrong = format!("{count} words are not {:?}", answer.payload);
                return Err(Failure::Failed(wrong));
            }
            Err(error) if begun.elapsed() > patience => {
                return Err(Failure::Failed(format!("no answer: {error}")));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn fan(client: Client, messages: usize, listeners: usize) -> Result<(), Failure> {
    if messages > BEHIND_MAX {
        return Err(Failure::Usage(format!("at most {BEHIND_MAX} messages")));
    }
    let begun = Instant::now();
    // A subject of its own: others may send at the same time.
    let subject = format!("{NEWS}.{}", client.new_inbox());
    let mut listening = JoinSet::new();
    for _ in 0..listeners {
        let mut news = client.subscribe(subject.clone()).await.trying(NEWS)?;
        listening.spawn(async move {
            for number in 0..messages {
                let message = news.next().await.map(|message| message.payload);
                if message != Some(Bytes::from(number.to_string())) {
                    return Err(format!("{message:?} instead of {number}"));
                }
            }
            Ok(())
        });
    }
    client.flush().await.trying("the server")?;
    for number in 0..messages {
        let message = number.to_string().into();
        client
            .publish(subject.clone(), message)
            .await
            .trying("a message")?;
    }
    client.flush().await.trying("the server")?;
    while let Some(listener) = listening.join_next().await {
        listener.trying("a listener")?.map_err(Failure::Failed)?;
    }
    app::say(format!(
        "{messages} messages reached {listeners} listeners, in order"
    ))?;
    eprintln!("bus: in {:.2?}", begun.elapsed());
    Ok(())
}
