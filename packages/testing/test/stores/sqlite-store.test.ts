import { storeConformance } from '@millrace/testing';
import { describe } from 'vitest';
import { sqliteFixture, sqliteTransactionFixture } from '../support/sqlite-fixture.ts';
import { testAll } from '../support/test-all.ts';

describe.each(['full', 'normal'] as const)('SQLite store, durability %s', (durability) => {
  testAll(
    storeConformance({
      create: () => sqliteFixture({ durability }),
      createTransactional: () => sqliteTransactionFixture({ durability }),
    }),
  );
});
