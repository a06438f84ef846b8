import { whenAborted } from '../../src/clock.ts';
import type { Source } from '../../src/source.ts';
import { queueCapabilities } from './capabilities.ts';

/** A source that sends nothing, for what happens before the first message. */
export function idleSource(parts: Partial<Source> = {}): Source & { readonly opened: number } {
  let opened = 0;
  return {
    name: 'orders',
    capabilities: queueCapabilities,
    settings: {},
    async open({ signal }) {
      opened += 1;
      return {
        // oxlint-disable-next-line require-yield
        async *receive() {
          await whenAborted(signal);
        },
        settle: async () => {},
        close: async () => {},
      };
    },
    ...parts,
    get opened() {
      return opened;
    },
  };
}
