import type { Consumer } from './consumer.ts';
import type { StrategyName } from './group-settings.ts';
import type { GroupMessage } from './message.ts';
import { correlationOf, sourceStreamOf } from './pin-key.ts';
import { pinned } from './pinned.ts';

/**
 * What came of a message: a consumer has it, or all of them are full, or the only one it may go to is, while others
 * could take the next message.
 */
export type PushResult = 'sent' | 'full' | 'held-back';

/** Which consumer gets a message. */
export interface ConsumerStrategy {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  push(message: GroupMessage): PushResult;
}

export function strategyOf(name: StrategyName): ConsumerStrategy {
  switch (name) {
    case 'RoundRobin':
      return inTurn({ afterEach: true });
    case 'DispatchToSingle':
      return inTurn({ afterEach: false });
    case 'Pinned':
      return pinned(sourceStreamOf);
    case 'PinnedByCorrelation':
      return pinned((event) => correlationOf(event) ?? sourceStreamOf(event));
  }
}

/** The first in line that is not full. It goes to the back of the line after each message, or when it is full. */
function inTurn({ afterEach }: { readonly afterEach: boolean }): ConsumerStrategy {
  const line: Consumer[] = [];

  function rotate(): void {
    const first = line.shift();
    if (first) line.push(first);
  }

  return {
    add: (consumer) => void line.push(consumer),
    remove(consumer) {
      line.splice(line.indexOf(consumer), 1);
    },
    push(message) {
      for (let tried = 0; tried < line.length; tried += 1) {
        const sent = line[0]?.push(message) ?? false;
        if (!sent || afterEach) rotate();
        if (sent) return 'sent';
      }
      return 'full';
    },
  };
}
