import type { Body } from '../receive/spool.ts';
import { malformed } from '../wire/codec/malformed.ts';
import type { Announced, Assembly, AssemblyOptions } from './assembly.ts';
import { createAssembly } from './assembly.ts';
import { sameBytes } from './same-bytes.ts';

/** A part as it comes. */
export type IncomingPart = {
  readonly identifier: Uint8Array;
  readonly part: number;
  readonly payload: Uint8Array;
} & (Announced | object);

export interface ReceivedPart {
  readonly announced: Announced;
  /** Whether the message is complete. */
  readonly complete: boolean;
  /** All of it. Undefined while parts are missing, and when it is larger than is taken. */
  readonly body: Body | undefined;
}

/** Puts messages together, one after the other. */
export interface Reception {
  /** What the part is a part of. Throws PUBSUB_MALFORMED when it is not the next one. */
  begin(part: IncomingPart): Announced;
  /** Takes in the part, once it is known to be genuine. Rejects with PUBSUB_MALFORMED or PUBSUB_SPOOL. */
  add(payload: Uint8Array): Promise<ReceivedPart>;
  /** Forgets a message that is not complete. */
  discard(): Promise<void>;
}

export function createReception(options: AssemblyOptions): Reception {
  let assembly: Assembly | undefined;

  return {
    begin(part) {
      if ('topic' in part) {
        if (assembly) throw malformed('a message begins in the middle of another one');
        if (part.part !== 0) throw malformed('a message does not begin with its first part');
        assembly = createAssembly(part, options);
      }
      if (assembly === undefined) throw malformed('a part belongs to no message');
      const { announced, nextPart } = assembly;
      if (sameBytes(part.identifier, announced.identifier) && part.part === nextPart) return announced;
      throw malformed('a part of another message came, or not the next one');
    },
    async add(payload) {
      if (assembly === undefined) throw malformed('a part belongs to no message');
      const { announced } = assembly;
      if (!(await assembly.add(payload))) return { announced, complete: false, body: undefined };
      const body = await assembly.finish();
      assembly = undefined;
      return { announced, complete: true, body };
    },
    async discard() {
      await assembly?.discard();
      assembly = undefined;
    },
  };
}
