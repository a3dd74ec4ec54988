//! How large a query is, how deep, and what its answer may hold. Each fragment is measured once, however often it is spread.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::{MetaField, MetaType, MetaTypeName, Registry};
use async_graphql::{Name, Positioned, Variables};

use super::values::Values;
use super::{Gate, Refusal};

/// What a field of the root costs besides what it answers: it asks the database.
const QUESTION: usize = 500;
/// What folds a payload anew, with all that its messages say.
const FOLDED: (&str, &str) = ("Payload", "explain");
/// What has fields that each sum up many rows, and what each of them costs for that: ten are the most.
const STATS: &str = "Stats";
const SUMMED_UP: usize = 4_500;
/// Lists that are looked through for what there was, with this argument: as dear.
const PAST: ([&str; 2], &str) = (["payloads", "statuses"], "asOf");
/// A variable that is declared is looked at by so many rules.
const VARIABLE: usize = 4;
/// How long a list may be that nobody gives a length.
const LIST: usize = 20;
/// How long a page is that nobody gives a length.
pub(in crate::graphql) const PAGE: usize = 10;
/// Arguments that give a page its length.
const LENGTHS: [&str; 2] = ["first", "last"];

/// Of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Measure {
    size: usize,
    depth: usize,
    /// What it answers once.
    cost: usize,
    /// What it answers for each item of its lists, whose length is told by the field that has the selection.
    cost_of_items: usize,
}

/// Measures one document.
pub(super) struct Ruler<'a> {
    registry: &'a Registry,
    document: &'a ExecutableDocument,
    gate: Gate,
    /// Of each fragment that was met. `None` while it is measured.
    fragments: HashMap<&'a str, Option<Measure>>,
    values: Values<'a>,
}

impl<'a> Ruler<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        document: &'a ExecutableDocument,
        variables: &'a Variables,
        gate: Gate,
    ) -> Self {
        let values = Values::of(document, variables);
        Self { registry, document, gate, fragments: HashMap::new(), values }
    }

    /// All operations are looked at, whichever is asked for; each is answered alone.
    pub(super) fn check(mut self) -> Result<(), Refusal> {
        let (limits, mut size, mut cost) = (self.gate.limits, 0_usize, 0);
        let operations: &'a DocumentOperations = &self.document.operations;
        for (_, operation) in operations.iter() {
            let operation = &operation.node;
            let root = self.root(operation.ty);
            let items = &operation.selection_set.node.items;
            let is_one = matches!(&items[..], [one] if matches!(one.node, Selection::Field(_)));
            if operation.ty == OperationType::Subscription && !is_one {
                return Err(Refusal::ManyFields);
            }
            let measure = self.selections(&operation.selection_set.node, root, 1)?;
            let declared =
                VARIABLE * operation.variable_definitions.len() + self.directives(&operation.directives);
            size = size.saturating_add(measure.size).saturating_add(declared);
            cost = measure.cost_with_items(LIST).max(cost);
        }
        for name in self.document.fragments.keys() {
            size = size.saturating_add(self.fragment(name, 1)?.size);
        }
        match () {
            () if size > limits.size => Err(Refusal::TooLarge(limits)),
            () if cost > limits.cost => Err(Refusal::TooCostly(cost, limits)),
            () => Ok(()),
        }
    }

    fn selections(
        &mut self,
        set: &'a SelectionSet,
        on: Option<&'a MetaType>,
        depth: usize,
    ) -> Result<Measure, Refusal> {
        // A leaf's selection is empty, and one level further down.
        if depth > self.gate.limits.depth + 1 {
            return Err(Refusal::TooDeep(self.gate.limits));
        }
        let mut all = Measure::default();
        for selection in &set.items {
            let one = match &selection.node {
                Selection::Field(field) => self.field(&field.node, on, depth)?,
                Selection::InlineFragment(inline) => {
                    let on =
                        inline.node.type_condition.as_ref().map_or(on, |on| self.named(&on.node.on.node));
                    let size = 1 + self.directives(&inline.node.directives);
                    self.selections(&inline.node.selection_set.node, on, depth + 1)?.within(size)
                }
                Selection::FragmentSpread(spread) => {
                    let size = 1 + self.directives(&spread.node.directives);
                    self.fragment(&spread.node.fragment_name.node, depth + 1)?.within(size)
                }
            };
            all.add(one);
            // A fragment that was measured elsewhere isn't gone down into again.
            if depth + all.depth > self.gate.limits.depth + 1 {
                return Err(Refusal::TooDeep(self.gate.limits));
            }
        }
        Ok(all)
    }

    fn field(
        &mut self,
        field: &'a Field,
        on: Option<&'a MetaType>,
        depth: usize,
    ) -> Result<Measure, Refusal> {
        let name = field.name.node.as_str();
        let is_of_schema = ["__schema", "__type"].contains(&name);
        if is_of_schema && !self.gate.introspection {
            return Err(Refusal::Introspection);
        }
        let meta = on.and_then(|on| on.field_by_name(name));
        let answers = match name {
            "__schema" => self.named("__Schema"),
            "__type" => self.named("__Type"),
            _ => meta.and_then(|meta| self.named(MetaTypeName::concrete_typename(&meta.ty))),
        };
        let inner = self.selections(&field.selection_set.node, answers, depth + 1)?;
        let arguments = field.arguments.iter().map(|(_, value)| self.values.count(&value.node));
        let size = 1 + arguments.sum::<usize>() + self.directives(&field.directives);
        let once = 1 + if name.starts_with("__") { 0 } else { on.map_or(0, |on| self.question(on, field)) };
        let is_list = meta.is_some_and(|meta| MetaTypeName::create(&meta.ty).is_list());
        let length = match on {
            Some(on) if on.name().starts_with("__") => Some(length_in_schema(name)),
            _ => meta.and_then(|meta| self.length(meta, field)),
        };
        // The lists of a page are as long as the page.
        let inside = inner.cost_with_items(length.filter(|_| !is_list).unwrap_or(LIST));
        let (cost, cost_of_items) = match (is_list, length) {
            (true, None) => (0, inside.saturating_add(once)),
            (true, Some(length)) => (inside.saturating_add(1).saturating_mul(length).saturating_add(once), 0),
            (false, _) => (inside.saturating_add(once), 0),
        };
        Ok(Measure { cost, cost_of_items, ..inner.within(size) })
    }

    fn fragment(&mut self, name: &Name, depth: usize) -> Result<Measure, Refusal> {
        // One that isn't there is for validation to tell.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Measure::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(measure)) => return Ok(*measure),
            Some(None) => return Err(Refusal::Cycle(name.to_string())),
            None => self.fragments.insert(name, None),
        };
        let fragment = &fragment.node;
        let on = self.named(&fragment.type_condition.node.on.node);
        let size = 1 + self.directives(&fragment.directives);
        let mut measure = self.selections(&fragment.selection_set.node, on, depth)?;
        measure.size = measure.size.saturating_add(size);
        self.fragments.insert(name, Some(measure));
        Ok(measure)
    }

    /// How long a field's page is, if it has pages.
    fn length(&self, meta: &MetaField, field: &Field) -> Option<usize> {
        let lengths = LENGTHS.into_iter().filter(|name| meta.args.contains_key(*name));
        let asked = lengths.map(|name| match field.get_argument(name) {
            Some(given) => self.values.length(&given.node),
            // Far fewer than it may hold.
            None => meta.args[name].default_value.as_ref().map(|_| LIST),
        });
        asked.reduce(Option::max).map(|length| length.unwrap_or(PAGE))
    }

    /// What a field costs for what it asks the database.
    fn question(&self, on: &MetaType, field: &Field) -> usize {
        let is_list_of_past =
            || field.get_argument(PAST.1).is_some() && PAST.0.contains(&field.name.node.as_str());
        match (on.name(), field.name.node.as_str()) {
            (name, _) if name == self.registry.query_type && is_list_of_past() => SUMMED_UP,
            (name, _) if name == self.registry.query_type => QUESTION,
            (name, _) if Some(name) == self.registry.subscription_type.as_deref() => QUESTION,
            FOLDED => QUESTION,
            (STATS, _) => SUMMED_UP,
            _ => 0,
        }
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> usize {
        let values = |one: &Positioned<Directive>| -> usize {
            one.node.arguments.iter().map(|(_, value)| self.values.count(&value.node)).sum()
        };
        directives.iter().map(|one| 1 + values(one)).sum()
    }

    fn root(&self, kind: OperationType) -> Option<&'a MetaType> {
        match kind {
            OperationType::Query => self.named(&self.registry.query_type),
            OperationType::Mutation => self.named(self.registry.mutation_type.as_ref()?),
            OperationType::Subscription => self.named(self.registry.subscription_type.as_ref()?),
        }
    }

    fn named(&self, name: &str) -> Option<&'a MetaType> {
        self.registry.types.get(name)
    }
}

impl Measure {
    /// Beside others in the same selection.
    fn add(&mut self, other: Self) {
        self.size = self.size.saturating_add(other.size);
        self.depth = self.depth.max(other.depth);
        self.cost = self.cost.saturating_add(other.cost);
        self.cost_of_items = self.cost_of_items.saturating_add(other.cost_of_items);
    }

    /// One level down in something of a size.
    fn within(self, size: usize) -> Self {
        Self { size: self.size.saturating_add(size), depth: self.depth + 1, ..self }
    }

    /// With so many items in each of its lists.
    fn cost_with_items(self, length: usize) -> usize {
        self.cost.saturating_add(self.cost_of_items.saturating_mul(length))
    }
}

/// How long a list is, about, that the schema tells of itself. Most fields have no arguments, most types no interfaces.
fn length_in_schema(name: &str) -> usize {
    match name {
        "types" => 32,
        "fields" => 8,
        "inputFields" => 4,
        _ => 1,
    }
}
