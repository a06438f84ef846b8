/** Events that go in one call. */
const mostEvents = 200;
/** Salesforce splits a call where the type changes, into so many parts at most. */
const mostRuns = 10;
/** Characters, well below what Salesforce takes in a call. */
const mostCharacters = 5_000_000;

interface Batchable {
  readonly type: string;
  readonly json: string;
}

/**
 * Splits into what one call takes, in order. REST API Developer Guide, "Create Records Using sObject Collections":
 * 200 records, 10 changes of type.
 */
export function toEventBatches<T extends Batchable>(events: readonly T[]): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let runs = 0;
  let characters = 0;
  for (const event of events) {
    const startsRun = batch.at(-1)?.type !== event.type;
    const isFull =
      batch.length === mostEvents ||
      (startsRun && runs === mostRuns) ||
      characters + event.json.length > mostCharacters;
    if (batch.length === 0 || isFull) {
      batch = [];
      batches.push(batch);
      runs = characters = 0;
    }
    if (batch.length === 0 || startsRun) runs += 1;
    characters += event.json.length;
    batch.push(event);
  }
  return batches;
}
