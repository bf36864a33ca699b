//! Giving each new item its story.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use queue::{Context, Enqueue, Enqueued, Fault, JobId};
use serde_json::{Value as Json, json};
use store::{Tx, params};
use text::similar::{is_copy, shingles};

use super::because::{Lead, because};
use super::index::{Candidate, GENERATION, Index, compared, window};
use super::{ADD, ASSIGN, HOME, LEADS, RECOUNT, TEXTS, WAITING};
use crate::items::Standing;
use crate::jobs::{AssignStories, DraftStory};
use crate::{Desk, Error, ItemId, PipelineId, StoryId, people};

const BATCH: i64 = 200;
/// A text that holds an earlier one and this much more is news itself: the full report after the teaser.
const LONGER: f32 = 1.5;
const LEADS_MAX: i64 = 2_000;
/// Pause before a story is tried again whose draft is being made.
const LATE_PAUSE: Duration = Duration::from_millis(500);

/// Longest run on end.
const TURN_MAX: Duration = Duration::from_secs(30);

/// Groups all items that have no story yet. Running it again finds nothing to do.
pub async fn assign(desk: Desk, ctx: Context, _: AssignStories) -> Result<Option<Json>, Fault> {
    let mut held = desk.stories.lock().await;
    // Taken out until the commit: whatever ends us in between leaves an empty index, which is rebuilt.
    let mut index = std::mem::take(&mut *held);
    let (mut items, mut stories) = (0usize, 0usize);
    let started = Instant::now();
    loop {
        let batch = waiting(&desk).await?;
        if batch.is_empty() {
            break;
        }
        index.cover(&desk, &batch).await?;
        let plan = plan(&desk, &mut index, batch).await?;
        items += plan.moves.len();
        stories += plan.stories.values().filter(|story| story.is_new).count();
        let under_way = commit(&desk, plan, &mut index).await?;
        for (story, job) in under_way {
            if !is_waiting(&desk, job).await? {
                index.late.push(story);
            }
        }
        ctx.progress(items as u64, items as u64);
        if started.elapsed() > TURN_MAX {
            // Well before the job's deadline; the rest in another turn.
            *held = index;
            return Err(Fault::Snooze(Duration::ZERO));
        }
    }
    catch_up(&desk, &mut index).await?;
    let late = !index.late.is_empty();
    *held = index;
    if late {
        return Err(Fault::Snooze(LATE_PAUSE));
    }
    Ok(Some(json!({ "items": items, "stories": stories })))
}

/// A batch of items without a story: news, then copies, each earliest first.
async fn waiting(desk: &Desk) -> Result<Vec<Candidate>, Error> {
    let rows = desk.store.read_fresh().all(&WAITING, params![BATCH]).await?;
    let mut batch = Vec::with_capacity(rows.len());
    for row in rows {
        let Ok(standing) = row.get::<String>(6)?.parse();
        batch.push(Candidate {
            id: ItemId(row.get(0)?),
            pipeline: PipelineId(row.get(1)?),
            language: row.get(2)?,
            title: row.get(3)?,
            text: row.get(4)?,
            published_at: row.get(5)?,
            standing,
            copy_of: row.get::<Option<stdx::Id>>(7)?.map(ItemId),
        });
    }
    // Copies last: their originals have a story by then.
    batch.sort_by_key(|item| (item.standing == Standing::Copy, item.published_at, item.id));
    Ok(batch)
}

/// What a batch changes.
#[derive(Clone, Debug, Default)]
struct Plan {
    moves: Vec<Move>,
    stories: BTreeMap<StoryId, Touched>,
}

#[derive(Clone, Debug)]
struct Move {
    item: ItemId,
    story: StoryId,
    standing: Standing,
    copy_of: Option<ItemId>,
}

#[derive(Clone, Debug)]
struct Touched {
    is_new: bool,
    /// It has gained more than copies.
    has_news: bool,
    first: Candidate,
    leads: Vec<Lead>,
    because: String,
}

async fn plan(desk: &Desk, index: &mut Index, batch: Vec<Candidate>) -> Result<Plan, Error> {
    let window = window(desk);
    let marks: Vec<_> = batch.iter().map(|item| index.announce(item)).collect();
    let mut texts = Texts { desk, known: HashMap::new() };
    let mut plan = Plan::default();
    for (item, marks) in batch.iter().zip(&marks) {
        let own = shingles(&compared(&item.title, &item.text));
        let suspects = index.suspects(item, &own, window);
        let likeness = texts.compare(&own, &suspects).await?;
        let by_url = match item.copy_of {
            Some(original) => home(desk, index, item, original).await?.map(|story| (original, story)),
            None => None,
        };
        let (story, standing, copy_of) = match (by_url, likeness) {
            (Some((original, story)), _) => (Some(story), Standing::Copy, Some(original)),
            (None, Some(Likeness::Copy(original))) => (index.home(item, original), Standing::Copy, Some(original)),
            (None, Some(Likeness::Longer(teaser))) => (index.home(item, teaser), Standing::News, None),
            // A copy whose original has no story tells it itself.
            (None, None) => (index.nearest(item, marks, window), Standing::News, None),
        };
        let is_new = story.is_none();
        let story = story.unwrap_or_else(|| StoryId(desk.next_id()));
        index.join(story, item, standing, marks, &own);
        texts.known.insert(item.id, own);
        let touched = plan.stories.entry(story).or_insert_with(|| Touched {
            is_new,
            has_news: is_new,
            first: item.clone(),
            leads: Vec::new(),
            because: String::new(),
        });
        if standing == Standing::News {
            touched.has_news = true;
            touched.leads.push((item.title.clone(), item.text.chars().take(1_000).collect()));
        }
        plan.moves.push(Move { item: item.id, story, standing, copy_of });
    }
    explain(desk, &mut plan).await?;
    Ok(plan)
}

/// The story of a copy's original, however old.
async fn home(desk: &Desk, index: &mut Index, item: &Candidate, original: ItemId) -> Result<Option<StoryId>, Error> {
    if let Some(story) = index.home(item, original) {
        return Ok(Some(story));
    }
    let row = desk.store.read_fresh().opt(&HOME, params![original.to_i64()]).await?;
    Ok(row.map(|row| row.get::<stdx::Id>(0)).transpose()?.map(StoryId))
}

enum Likeness {
    Copy(ItemId),
    /// It holds the text of an earlier item and much more.
    Longer(ItemId),
}

/// Shingles of items, read from the database when they are not of this batch.
struct Texts<'a> {
    desk: &'a Desk,
    known: HashMap<ItemId, Vec<u64>>,
}

impl Texts<'_> {
    async fn compare(&mut self, own: &[u64], suspects: &[ItemId]) -> Result<Option<Likeness>, Error> {
        let missing: Vec<i64> =
            suspects.iter().filter(|id| !self.known.contains_key(id)).map(|id| id.to_i64()).collect();
        if !missing.is_empty() {
            let rows =
                self.desk.store.read_fresh().all(&TEXTS, params![store::list(&missing), missing.len() as i64]).await?;
            for row in rows {
                let (title, text): (String, String) = (row.get(1)?, row.get(2)?);
                self.known.insert(ItemId(row.get(0)?), shingles(&compared(&title, &text)));
            }
        }
        let mut alike: Vec<(ItemId, &Vec<u64>)> =
            suspects.iter().filter_map(|id| Some((*id, self.known.get(id)?))).collect();
        alike.retain(|(_, theirs)| is_copy(own, theirs));
        // The earliest is the original.
        alike.sort_unstable_by_key(|(id, _)| *id);
        let longer = |theirs: &[u64]| own.len() as f32 > LONGER * theirs.len() as f32;
        let copy = alike.iter().find(|(_, theirs)| !longer(theirs)).map(|(id, _)| Likeness::Copy(*id));
        Ok(copy.or_else(|| alike.first().map(|(id, _)| Likeness::Longer(*id))))
    }
}

/// Writes down for each touched story what its items share.
async fn explain(desk: &Desk, plan: &mut Plan) -> Result<(), Error> {
    let old: Vec<i64> = plan.stories.iter().filter(|(_, story)| !story.is_new).map(|(id, _)| id.to_i64()).collect();
    let mut before: HashMap<StoryId, Vec<Lead>> = HashMap::new();
    if !old.is_empty() {
        for row in desk.store.read_fresh().all(&LEADS, params![store::list(&old), LEADS_MAX]).await? {
            before.entry(StoryId(row.get(0)?)).or_default().push((row.get(1)?, row.get(2)?));
        }
    }
    for (id, story) in &mut plan.stories {
        let mut leads = before.remove(id).unwrap_or_default();
        leads.append(&mut story.leads);
        story.because = because(&leads);
    }
    Ok(())
}

/// Writes the plan. Gives the stories whose draft was enqueued before, with that job.
async fn commit(desk: &Desk, plan: Plan, index: &mut Index) -> Result<Vec<(StoryId, JobId)>, Error> {
    let (d, generation) = (desk.clone(), desk.next_id().to_string());
    let mark = generation.clone();
    let under_way = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&people::SETTING_PUT, params![GENERATION, mark]).await?;
                write(&d, tx, &plan).await
            })
        })
        .await?;
    index.generation = Some(generation);
    Ok(under_way)
}

async fn write(desk: &Desk, tx: &mut Tx, plan: &Plan) -> Result<Vec<(StoryId, JobId)>, Error> {
    let rows = plan.stories.iter().filter(|(_, story)| story.is_new).map(|(id, story)| {
        let first = &story.first;
        params![id.to_i64(), first.title, first.pipeline.to_i64(), first.language, story.because, first.published_at]
    });
    tx.batch(&ADD, rows.collect()).await?;
    let moves = plan.moves.iter();
    let moves =
        moves.map(|m| params![m.item.to_i64(), m.story.to_i64(), m.standing.name(), m.copy_of.map(ItemId::to_i64)]);
    if tx.batch(&ASSIGN, moves.collect()).await? != plan.moves.len() as u64 {
        // Somebody else has assigned some of them: nothing of this plan holds.
        return Err(store::Error::Conflict.into());
    }
    let counts = plan.stories.iter().map(|(id, story)| params![id.to_i64(), story.because]);
    tx.batch(&RECOUNT, counts.collect()).await?;
    let due = Enqueue::at(desk.now() + Duration::from_millis(desk.settings.draft_delay_ms));
    let mut under_way = Vec::new();
    for id in plan.stories.iter().filter(|(_, story)| story.has_news).map(|(id, _)| *id) {
        if let Enqueued::Duplicate(job) = desk.queue.enqueue(tx, &DraftStory { story: id }, due).await? {
            under_way.push((id, job));
        }
    }
    Ok(under_way)
}

/// Whether the job will start later, and so see what has been committed by now.
async fn is_waiting(desk: &Desk, job: JobId) -> Result<bool, Error> {
    let state = desk.queue.get(job).await?.map(|job| job.state);
    Ok(matches!(state, Some(queue::State::Available | queue::State::Scheduled | queue::State::Retryable)))
}

/// Enqueues again the drafts that were under way when their story grew, as far as they have ended.
async fn catch_up(desk: &Desk, index: &mut Index) -> Result<(), Error> {
    for story in std::mem::take(&mut index.late) {
        if let Enqueued::Duplicate(job) = desk.queue.enqueue_now(&DraftStory { story }, Enqueue::default()).await?
            && !is_waiting(desk, job).await?
        {
            index.late.push(story);
        }
    }
    Ok(())
}
