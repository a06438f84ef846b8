import type { AdapterSubject } from '@millrace/testing';
import { adapterConformance } from '@millrace/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { openConformance } from '../conformance/harness.ts';
import type { BrokenAdapterName } from './broken-adapters.ts';
import { brokenAdapters, clearLeaks, configuredSecret } from './broken-adapters.ts';

const { subjects } = await openConformance();

interface Caught {
  readonly on: AdapterSubject['name'];
  /** Properties that must fail, each with what it must say: a word of the history's checker, or of its own. */
  readonly by: Readonly<Record<string, string>>;
}

/** The suite is there to catch these. */
const caught: Readonly<Record<BrokenAdapterName, Caught>> = {
  losesWhatIsGivenBack: { on: 'memory queue', by: { P5: '  lost: ', P6: '  lost: ' } },
  acksEarly: { on: 'memory queue', by: { P19: '  lost: ' } },
  tellsThePositionOfTheBatch: { on: 'memory log', by: { P11: '  early marker: ' } },
  passesTooEarly: { on: 'memory log', by: { P11: '  early marker: ' } },
  commitsWhatWasFetched: { on: 'memory log that keeps markers', by: { P11: '  early marker: ' } },
  reorders: { on: 'memory log', by: { P15: '  reordered: ' } },
  ignoresDemand: { on: 'memory queue', by: { P16: '  unsettled: ', P17: '  unsettled: ' } },
  leaksATimer: { on: 'memory queue', by: { P20: '  leaked: ' } },
  staysConnected: { on: 'memory queue', by: { P20: '  leaked: ' } },
  rejectsWhatIsReleased: { on: 'memory queue', by: { P18: '  lost: ' } },
  ignoresALostLease: { on: 'memory queue', by: { P21: '  unsettled: ' } },
  duplicates: { on: 'memory queue', by: { P1: '  duplicated: ' } },
  swallowsFailures: { on: 'memory queue', by: { P28: '  unsettled: ' } },
  forgetsTheCount: { on: 'memory queue', by: { P5: "the broker's count for a1" } },
  stumblesOverGarbage: { on: 'memory queue', by: { P9: '  unsettled: ' } },
  ignoresTheDelay: { on: 'memory queue', by: { P6: 'and 1000 were asked for', P23: 'it did not come' } },
  dropsTheKey: {
    on: 'memory queue, in order per key',
    by: { P1: 'the key of a21' },
  },
  ignoresTheMarker: {
    on: 'memory log',
    by: { P12: 'nothing that was settled before a clean stop comes again', P13: 'what is after the marker' },
  },
  skipsInSilence: { on: 'memory log', by: { P14: 'the start is refused' } },
  tellsSecrets: { on: 'memory queue', by: { P30: '  leaked: a secret' } },
  dropsHeaders: { on: 'memory queue', by: { P1: 'the header of a1', P25: 'the header traceparent' } },
};

afterEach(clearLeaks);

describe('a broken adapter is caught', () => {
  test.each(Object.keys(caught) as BrokenAdapterName[])('%s', async (name) => {
    const { on, by } = caught[name];
    const failures = await failuresOf(broken(name, on), Object.keys(by));
    for (const [id, words] of Object.entries(by)) {
      expect(failures.get(id), `${id} fails`).toContain(`${id} does not hold`);
      expect(failures.get(id)).toContain(words);
    }
  });
});

function broken(name: BrokenAdapterName, on: string): AdapterSubject {
  const sound = subjects.find((subject) => subject.name === on);
  if (sound === undefined) throw new Error(`There is no adapter "${on}".`);
  return {
    ...sound,
    async setup() {
      const harness = await sound.setup();
      return {
        ...harness,
        secrets: [configuredSecret],
        source: (settings) => brokenAdapters[name](harness.source(settings)),
      };
    },
  };
}

async function failuresOf(
  subject: AdapterSubject,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  for (const { id, run } of adapterConformance(subject)) {
    if (!ids.includes(id)) continue;
    await run().catch((error: unknown) => failures.set(id, String(error)));
  }
  return failures;
}
