//! Where notes are kept: in a database, and for a minute in a cache if there is one.
//!
//! The cache may fail at any time, and the answer is still right: what it does not have comes out
//! of the database. A note is never changed, only made and removed; removing takes it out of the
//! cache last, so that who removes a note does not see it any more. Who read it at that very moment
//! may put it back, for the minute.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{Failure, Trying};
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool};

/// How many a list holds.
const LISTED: i64 = 100;

const CACHED_S: u64 = 60;

/// What a cache takes longer for is not worth the wait.
const CACHE_LIMIT: Duration = Duration::from_millis(500);

/// How long a request waits for a connection to the database.
const DATABASE_LIMIT: Duration = Duration::from_secs(3);

/// The same for the embedded one, which has a single connection and does not go away: who waits
/// there is in a queue.
const EMBEDDED_LIMIT: Duration = Duration::from_secs(15);

/// One database for all connections of this process, which without a name have one each.
const IN_MEMORY: &str = "sqlite:file:notes?mode=memory";

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) text: String,
}

/// Where a note was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    InCache,
    InDatabase,
}

#[derive(Clone)]
pub(crate) struct Notes {
    database: AnyPool,
    /// What is in memory ends with its last connection, and the pool gives up one whose request was
    /// dropped in the midst of a statement: this one nobody uses. (The lock makes it `Sync`.)
    _keeper: Option<Arc<Mutex<AnyConnection>>>,
    cache: Option<ConnectionManager>,
}

impl Notes {
    pub(crate) async fn open(database: &str, cache: Option<&str>) -> Result<Notes, Failure> {
        sqlx::any::install_default_drivers();
        let embedded = database.starts_with("sqlite:");
        let database = match embedded && database.contains(":memory:") {
            true => IN_MEMORY,
            false => database,
        };
        // SQLite writes one thing at a time.
        let (connections, limit) = if embedded {
            (1, EMBEDDED_LIMIT)
        } else {
            (16, DATABASE_LIMIT)
        };
        let options = AnyPoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(limit);
        let pool = options.connect(database).await.trying("the database")?;
        let id = if embedded {
            "CREATE TABLE IF NOT EXISTS notes \
                (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)"
        } else {
            "CREATE TABLE IF NOT EXISTS notes \
                (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL)"
        };
        let made = sqlx::query(id).execute(&pool).await;
        made.trying("the table of notes")?;
        let keeper = if embedded {
            let connection = pool.acquire().await.trying("the database")?;
            Some(Arc::new(Mutex::new(connection.detach())))
        } else {
            None
        };
        let cache = match cache {
            Some(url) => Some(connect(url).await.trying("the cache")?),
            None => None,
        };
        Ok(Notes {
            database: pool,
            _keeper: keeper,
            cache,
        })
    }

    pub(crate) async fn add(&self, text: String) -> sqlx::Result<Note> {
        let insert = sqlx::query_as("INSERT INTO notes (text) VALUES ($1) RETURNING id");
        let (id,) = insert.bind(&text).fetch_one(&self.database).await?;
        Ok(Note { id, text })
    }

    pub(crate) async fn find(&self, id: i64) -> sqlx::Result<Option<(Note, Found)>> {
        if let Some(note) = self.cached(id).await {
            return Ok(Some((note, Found::InCache)));
        }
        let select = sqlx::query_as("SELECT text FROM notes WHERE id = $1");
        let row: Option<(String,)> = select.bind(id).fetch_optional(&self.database).await?;
        let Some((text,)) = row else {
            return Ok(None);
        };
        let note = Note { id, text };
        self.keep(&note).await;
        Ok(Some((note, Found::InDatabase)))
    }

    /// The last ones, newest first.
    pub(crate) async fn list(&self) -> sqlx::Result<Vec<Note>> {
        let select = sqlx::query_as("SELECT id, text FROM notes ORDER BY id DESC LIMIT $1");
        let rows: Vec<(i64, String)> = select.bind(LISTED).fetch_all(&self.database).await?;
        let notes = rows.into_iter().map(|(id, text)| Note { id, text });
        Ok(notes.collect())
    }

    /// Whether it was there.
    pub(crate) async fn remove(&self, id: i64) -> sqlx::Result<bool> {
        let delete = sqlx::query("DELETE FROM notes WHERE id = $1").bind(id);
        let removed = delete.execute(&self.database).await?.rows_affected() > 0;
        if let Some(mut cache) = self.cache.clone() {
            let forgotten: redis::RedisResult<()> = cache.del(key(id)).await;
            drop(forgotten);
        }
        Ok(removed)
    }

    /// That the database answers.
    pub(crate) async fn check(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1").execute(&self.database).await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    async fn cached(&self, id: i64) -> Option<Note> {
        let text: Option<String> = self.cache.clone()?.get(key(id)).await.ok()?;
        serde_json::from_str(&text?).ok()
    }

    async fn keep(&self, note: &Note) {
        if let (Some(mut cache), Ok(text)) = (self.cache.clone(), serde_json::to_string(note)) {
            let kept: redis::RedisResult<()> = cache.set_ex(key(note.id), text, CACHED_S).await;
            drop(kept);
        }
    }
}

async fn connect(url: &str) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(CACHE_LIMIT)
        .set_connection_timeout(Some(CACHE_LIMIT))
        .set_response_timeout(Some(CACHE_LIMIT));
    let client = redis::Client::open(url)?;
    client.get_connection_manager_with_config(config).await
}

fn key(id: i64) -> String {
    format!("note:{id}")
}
