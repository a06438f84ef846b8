type Send<Item, Result, Terms> = (items: readonly Item[], terms: Terms) => Promise<readonly Result[]>;

interface Call<Item, Result, Terms> {
  readonly items: readonly Item[];
  readonly terms: Terms;
  resolve(results: readonly Result[] | PromiseLike<readonly Result[]>): void;
}

/** In one command at most, so that a script does not keep a server from others for more than a few milliseconds. */
const mostItems = 500;

/**
 * Has one call under way at a time; what is asked meanwhile goes together in the next one. A command costs client and
 * server about as much as ten keys in it, so batches that come at the same time are cheaper together. `sameTerms` tells
 * which calls can go together.
 */
export function gather<Item, Result, Terms>(
  send: Send<Item, Result, Terms>,
  sameTerms: (one: Terms, other: Terms) => boolean,
): Send<Item, Result, Terms> {
  let waiting: Call<Item, Result, Terms>[] = [];
  let underWay = false;

  async function sendNext(): Promise<void> {
    const calls = takeTogether();
    const [first] = calls;
    if (first === undefined) {
      underWay = false;
      return;
    }
    underWay = true;
    const sending = send(
      calls.flatMap(({ items }) => items),
      first.terms,
    );
    let from = 0;
    for (const { items, resolve } of calls) {
      const [start, end] = [from, from + items.length];
      resolve(calls.length === 1 ? sending : sending.then((results) => results.slice(start, end)));
      from = end;
    }
    await sending.catch(() => {});
    await sendNext();
  }

  function takeTogether(): readonly Call<Item, Result, Terms>[] {
    const [first] = waiting;
    if (first === undefined) return [];
    let items = 0;
    let count = 0;
    for (const call of waiting) {
      items += call.items.length;
      if (count > 0 && (items > mostItems || !sameTerms(first.terms, call.terms))) break;
      count += 1;
    }
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  }

  return (items, terms) =>
    new Promise((resolve) => {
      waiting.push({ items, terms, resolve });
      if (!underWay) void sendNext();
    });
}
