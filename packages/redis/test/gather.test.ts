import { describe, expect, test } from 'vitest';
import { gather } from '../src/records/gather.ts';

/** A server that answers when the test says so: each item with itself and the terms. */
function slowServer() {
  const calls: { readonly items: readonly number[]; readonly terms: string; answer(error?: Error): void }[] =
    [];
  const ask = gather<number, string, string>(
    (items, terms) =>
      new Promise((resolve, reject) => {
        calls.push({
          items,
          terms,
          answer: (error) => (error ? reject(error) : resolve(items.map((item) => `${item} ${terms}`))),
        });
      }),
    Object.is,
  );
  const answer = async (error?: Error) => {
    calls.at(-1)?.answer(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, calls, answer };
}

describe('calls that come while one is under way', () => {
  test('go together in the next, and each gets its own answers', async () => {
    const { ask, calls, answer } = slowServer();
    const first = ask([1, 2], 'a');
    const others = [ask([3], 'a'), ask([4, 5], 'a')];
    expect(calls.map(({ items }) => items)).toEqual([[1, 2]]);
    await answer();
    expect(calls.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    await answer();
    expect(await first).toEqual(['1 a', '2 a']);
    expect(await Promise.all(others)).toEqual([['3 a'], ['4 a', '5 a']]);
  });

  test('go apart when their terms differ, in their order', async () => {
    const { ask, calls, answer } = slowServer();
    const all = [ask([1], 'a'), ask([2], 'a'), ask([3], 'b'), ask([4], 'a')];
    for (let made = 0; made < 4; made += 1) await answer();
    expect(calls.map(({ items, terms }) => [terms, ...items])).toEqual([
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['a', 4],
    ]);
    expect((await Promise.all(all)).flat()).toEqual(['1 a', '2 a', '3 b', '4 a']);
  });

  test('fail together, and those after them are made all the same', async () => {
    const { ask, answer } = slowServer();
    const first = ask([1], 'a');
    const others = [ask([2], 'a'), ask([3], 'a')].map((asked) => asked.catch((error: unknown) => error));
    const gone = new Error('gone');
    await answer();
    await answer(gone);
    expect(await first).toEqual(['1 a']);
    expect(await Promise.all(others)).toEqual([gone, gone]);
    const next = ask([4], 'a');
    await answer();
    expect(await next).toEqual(['4 a']);
  });

  test('are of a bounded size together; a larger one goes alone', async () => {
    const { ask, calls, answer } = slowServer();
    const many = (count: number) => Array.from({ length: count }, (_, index) => index);
    const all = [ask([1], 'a'), ask(many(300), 'a'), ask(many(300), 'a'), ask(many(700), 'a')];
    for (let made = 0; made < 4; made += 1) await answer();
    expect(calls.map(({ items }) => items.length)).toEqual([1, 300, 300, 700]);
    expect((await Promise.all(all)).map(({ length }) => length)).toEqual([1, 300, 300, 700]);
  });
});
