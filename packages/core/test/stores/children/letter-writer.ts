import { isMillraceError } from '../../../src/errors.ts';
import type { DeadLetter } from '../../../src/index.ts';
import { sqliteStore } from '../../../src/sqlite.ts';

/** Stores dead letters until one is refused; prints how many were kept, and the codes of what fails from then on. */
const [path = ''] = process.argv.slice(2);
const store = sqliteStore(path);
let kept = 0;
const codes: string[] = [];
while (codes.length < 2) {
  try {
    await store.deadLetters.putMany([letter(kept)]);
    kept += 1;
  } catch (error) {
    codes.push(isMillraceError(error) ? error.code : String(error));
  }
}
const readable = (await store.deadLetters.get('letter-0')) !== undefined;
console.log(JSON.stringify({ kept, codes, readable }));

function letter(index: number): DeadLetter {
  return {
    id: `letter-${index}`,
    consumer: 'billing',
    source: 'orders',
    handler: undefined,
    reason: 'unhandled',
    error: { name: 'Error', code: undefined, message: '', stack: undefined },
    attempts: 0,
    diedAt: index,
    redrives: 0,
    message: {
      id: `m-${index}`,
      type: 'OrderPlaced.shop',
      headers: {},
      key: undefined,
      channel: undefined,
      position: undefined,
      time: undefined,
      data: undefined,
      raw: 'x'.repeat(20_000),
    },
  };
}
