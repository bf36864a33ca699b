//! What the clustering holds in memory: the items of the window by their stories. It is only ever a shadow of the
//! database: rebuilt from it in doubt.

use std::collections::HashMap;
use std::time::Duration;

use stdx::Timestamp;
use store::params;
use text::cluster::{Clusters, Document, Settings};

use super::{BONDS, RECENT, THEIR_ITEMS};
use crate::items::Standing;
use crate::{Desk, Error, ItemId, PipelineId, StoryId, people};

/// The setting that names the last change of which item is in which story.
pub(super) const GENERATION: &str = "stories.generation";
/// The index starts over when it is this old or large: nothing is ever taken out of it.
const AGE_MAX: Duration = Duration::from_secs(6 * 3_600);
const ITEMS_MAX: usize = 40_000;
const STORIES_MAX: i64 = 20_000;
const BONDS_MAX: i64 = 10_000;
/// A text that holds an earlier one and this much more is news itself: the full report after the teaser.
const LONGER: f32 = 1.5;

/// An item that waits for its story.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub id: ItemId,
    pub pipeline: PipelineId,
    pub language: String,
    pub title: String,
    /// The first 4,000 characters.
    pub text: String,
    pub published_at: Timestamp,
    pub standing: Standing,
    pub copy_of: Option<ItemId>,
}

/// Where an item belongs.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// `None`: it tells something new.
    pub story: Option<StoryId>,
    pub copy_of: Option<ItemId>,
    /// Items of the story that repeat it, although they came first.
    pub copies: Vec<ItemId>,
    /// The names, numbers and words that it shares with the story, the weightiest first.
    pub shared: Vec<String>,
}

/// The stories of the window, as the process that assigns knows them.
#[derive(Default)]
pub struct Index {
    /// Everything published since then has been loaded; `None` before the first use.
    since: Option<Timestamp>,
    loaded_at: Timestamp,
    items: usize,
    /// What the last assignment that is in here has left in the database: another process leaves another.
    pub(super) generation: Option<String>,
    shelves: HashMap<(PipelineId, String), Shelf>,
    /// Stories that gained items while their draft was being made: to be drafted again.
    pub(super) late: Vec<StoryId>,
}

/// The items of one pipeline in one language.
struct Shelf {
    clusters: Clusters,
    /// By what the clustering calls the items.
    homes: HashMap<u64, Home>,
    /// The first item of each story.
    leaders: HashMap<StoryId, ItemId>,
}

struct Home {
    item: ItemId,
    story: StoryId,
    /// Bytes of the text that is compared.
    length: usize,
}

impl Index {
    /// Sees to it that the stories which the batch may belong to are here.
    pub(super) async fn cover(&mut self, desk: &Desk, batch: &[Candidate]) -> Result<(), Error> {
        let now = desk.now();
        let earliest = batch.iter().map(|item| item.published_at).min().unwrap_or(now).min(now);
        let window = Duration::from_secs(u64::from(desk.settings.story_window_h) * 3_600);
        let needed = earliest - window;
        let mut conn = desk.store.read_fresh();
        let row = conn.opt(&people::SETTING_GET, params![GENERATION]).await?;
        let generation = row.map(|row| row.get::<String>(0)).transpose()?;
        let fresh = generation == self.generation && now.since(self.loaded_at) < AGE_MAX && self.items < ITEMS_MAX;
        if fresh && self.since.is_some_and(|since| since <= needed) {
            return Ok(());
        }
        let late = std::mem::take(&mut self.late);
        *self = Index { since: Some(needed), loaded_at: now, late, generation, ..Index::default() };
        let mut stories: HashMap<StoryId, (PipelineId, String)> = HashMap::new();
        let mut order: Vec<i64> = Vec::new();
        let mut items = 0;
        for row in conn.all(&RECENT, params![needed, STORIES_MAX]).await? {
            let id = StoryId(row.get(0)?);
            stories.insert(id, (PipelineId(row.get(1)?), row.get(2)?));
            order.push(id.to_i64());
            items += row.get::<u32>(3)? as usize;
            if items >= ITEMS_MAX / 2 {
                break;
            }
        }
        // The oldest first, as they came.
        order.reverse();
        for some in order.chunks(100) {
            for row in conn.all(&THEIR_ITEMS, params![store::list(some), ITEMS_MAX as i64]).await? {
                let (id, story) = (ItemId(row.get(0)?), StoryId(row.get(1)?));
                let Some((pipeline, language)) = stories.get(&story) else { continue };
                let item = Candidate {
                    id,
                    pipeline: *pipeline,
                    language: language.clone(),
                    title: row.get(2)?,
                    text: row.get(3)?,
                    published_at: row.get(4)?,
                    standing: Standing::News,
                    copy_of: row.get::<Option<stdx::Id>>(5)?.map(ItemId),
                };
                self.put(&item, story, window);
            }
        }
        for row in conn.all(&BONDS, params![needed, BONDS_MAX]).await? {
            let (a, b) = (key(ItemId(row.get(0)?)), key(ItemId(row.get(1)?)));
            let are_together = row.get::<u32>(2)? == 1;
            for shelf in self.shelves.values_mut().filter(|shelf| shelf.clusters.group_of(a).is_some()) {
                if are_together { shelf.clusters.bind(a, b) } else { shelf.clusters.part(a, b) }
            }
        }
        Ok(())
    }

    fn shelf(&mut self, item: &Candidate, window: Duration) -> &mut Shelf {
        self.items += 1;
        self.shelves.entry((item.pipeline, item.language.clone())).or_insert_with(|| Shelf {
            clusters: Clusters::new(Settings { window, documents_max: 2 * ITEMS_MAX }),
            homes: HashMap::new(),
            leaders: HashMap::new(),
        })
    }

    /// The story of an item that is here.
    pub(super) fn home(&self, item: &Candidate, of: ItemId) -> Option<StoryId> {
        let shelf = self.shelves.get(&(item.pipeline, item.language.clone()))?;
        shelf.homes.get(&key(of)).map(|home| home.story)
    }

    /// Takes in an item whose story is known.
    pub(super) fn put(&mut self, item: &Candidate, story: StoryId, window: Duration) {
        let shelf = self.shelf(item, window);
        let with = shelf.leaders.get(&story).copied();
        shelf.clusters.put(&document(item), with.map(key), item.copy_of.map(key));
        shelf.settle(item, story);
    }

    /// Finds the place of an item and takes it in; a story of its own is called `new`.
    pub(super) fn place(&mut self, item: &Candidate, new: StoryId, window: Duration) -> Placed {
        let shelf = self.shelf(item, window);
        let found = shelf.clusters.push(&document(item));
        let story = shelf.homes.get(&found.group).map(|home| home.story);
        shelf.settle(item, story.unwrap_or(new));
        let original = found.copy_of.and_then(|original| shelf.homes.get(&original));
        let copies = found.copies.iter().filter_map(|copy| shelf.homes.get(copy));
        let length = item.text.len();
        Placed {
            story,
            copy_of: original.filter(|original| !is_longer(length, original.length)).map(|original| original.item),
            copies: copies.filter(|copy| !is_longer(copy.length, length)).map(|copy| copy.item).collect(),
            shared: found.shared,
        }
    }
}

impl Shelf {
    fn settle(&mut self, item: &Candidate, story: StoryId) {
        self.homes.insert(key(item.id), Home { item: item.id, story, length: item.text.len() });
        self.leaders.entry(story).or_insert(item.id);
    }
}

fn document(item: &Candidate) -> Document<'_> {
    Document { key: key(item.id), title: &item.title, text: &item.text, at: item.published_at }
}

/// Ids are positive.
fn key(id: ItemId) -> u64 {
    id.to_i64().cast_unsigned()
}

fn is_longer(length: usize, other: usize) -> bool {
    length as f32 > LONGER * other as f32
}
