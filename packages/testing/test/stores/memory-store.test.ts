import { memoryStore } from '@millrace/core';
import { manualClock, storeConformance } from '@millrace/testing';
import { describe } from 'vitest';
import { testAll } from '../support/test-all.ts';

describe('memory store', () => {
  const tests = storeConformance({
    async create() {
      const clock = manualClock();
      return { store: memoryStore({ clock }), advance: clock.advance, close: async () => {} };
    },
  });
  testAll(tests);
});
