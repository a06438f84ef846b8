import { expect, test } from 'vitest';
import { audit, nothingWrong } from './support/audit.ts';

const books = { published: ['a', 'b'], effects: ['b', 'a'], unsettled: 0, deadLettered: [] };

test('the audit finds nothing where each event took effect once', () => {
  expect(audit(books)).toEqual(nothingWrong);
});

test('the audit tells what was lost, duplicated, left unsettled and dead-lettered', () => {
  expect(audit({ ...books, effects: ['a'] }).lost).toEqual(['b']);
  expect(audit({ ...books, effects: ['a', 'b', 'a', 'a'] }).duplicated).toEqual(['a']);
  expect(audit({ ...books, unsettled: 1 }).unsettled).toBe(1);
  const parked = audit({ ...books, effects: ['a'], deadLettered: ['b'] });
  expect(parked).toEqual({ ...nothingWrong, deadLettered: ['b'] });
});
