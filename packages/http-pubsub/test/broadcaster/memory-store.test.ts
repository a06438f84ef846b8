import { manualClock } from '@millrace/testing';
import { describe } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import { broadcasterStoreTests } from './store-tests.ts';

describe('the memory store', () => {
  broadcasterStoreTests(async (settings) => {
    const clock = manualClock(Date.now());
    return {
      store: memoryBroadcasterStore({ ...settings, clock }),
      advance: (milliseconds) => clock.advance(milliseconds),
      close: async () => {},
    };
  });
});
