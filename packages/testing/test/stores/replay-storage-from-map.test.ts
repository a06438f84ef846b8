import { replayStorageFromMap } from '@millrace/core';
import { conformanceTests, replayStorageProperties } from '@millrace/testing';
import { describe } from 'vitest';
import { testAll } from '../support/test-all.ts';

const properties = replayStorageProperties({ fencing: false });

describe('replay storage from a Map', () => {
  const tests = conformanceTests(properties, async () => ({
    store: replayStorageFromMap(new Map<string, string>()),
    close: async () => {},
  }));
  testAll(tests);
});

describe('replay storage from an asynchronous map that answers null', () => {
  const tests = conformanceTests(properties, async () => {
    const map = new Map<string, string>();
    return {
      store: replayStorageFromMap({
        get: async (key) => map.get(key) ?? null,
        set: async (key, position) => map.set(key, position),
      }),
      close: async () => {},
    };
  });
  testAll(tests);
});
