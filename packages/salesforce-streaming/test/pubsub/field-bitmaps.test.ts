import { expect, test } from 'vitest';
import { recordTypeOf } from '../../src/pubsub/avro.ts';
import { fieldNames } from '../../src/pubsub/field-bitmaps.ts';

const record = recordTypeOf(
  JSON.stringify({
    type: 'record',
    name: 'ContactChangeEvent',
    fields: [
      { name: 'ChangeEventHeader', type: 'string' },
      {
        name: 'Name',
        type: [
          'null',
          'string',
          {
            type: 'record',
            name: 'Switchable_PersonName',
            fields: ['Salutation', 'FirstName', 'LastName'].map((name) => ({
              name,
              type: ['null', 'string'],
            })),
          },
        ],
      },
      ...Array.from({ length: 100 }, (_, index) => ({ name: `F${index}__c`, type: ['null', 'double'] })),
    ],
  }),
);

test.each([
  [[], []],
  [['0x0'], []],
  [['0x4'], ['F0__c']],
  [['0xc'], ['F0__c', 'F1__c']],
  [['0X0000000C'], ['F0__c', 'F1__c']],
  // Beyond what 64 bits hold.
  [['0x20000000000000000000004'], ['F0__c', 'F87__c']],
  [
    ['0x4', '1-0x6'],
    ['F0__c', 'Name.FirstName', 'Name.LastName'],
  ],
  [['1-0x1'], ['Name.Salutation']],
])('%j stands for %j', (bitmaps, names) => {
  expect(fieldNames(bitmaps, record)).toEqual(names);
});

test.each([
  ['0x80000000000000000000000000', 'names field 103'],
  ['1-0x8', 'names field 3'],
  ['200-0x1', 'names field 200'],
  ['2-0x1', 'no compound field'],
  ['Email', 'no bitmap'],
  ['0x', 'no bitmap'],
  ['', 'no bitmap'],
  ['-0x1', 'no bitmap'],
])('%j makes no sense', (bitmap, problem) => {
  expect(() => fieldNames([bitmap], record)).toThrow(
    problem.startsWith('no bitmap') ? 'not a bitmap' : problem,
  );
});
