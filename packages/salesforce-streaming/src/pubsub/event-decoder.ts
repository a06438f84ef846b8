import { status } from '@grpc/grpc-js';
import type { Token } from '../auth/provider.ts';
import type { Arrival } from '../transport.ts';
import { decode, undecodable } from './decode.ts';
import type { ConsumerEvent } from './messages.ts';
import type { Schemas } from './schemas.ts';

export interface EventDecoder {
  /** An event that can't be decoded comes out with a `failure`. Rejects with a ServiceError when its schema can't be had for now. */
  decode(event: ConsumerEvent, channel: string, token: Token): Promise<Arrival>;
}

/** The schema is one that the server does not know, or can't tell. */
const lasting: readonly unknown[] = [status.NOT_FOUND, status.INVALID_ARGUMENT];

export function createEventDecoder(schemas: Schemas): EventDecoder {
  return {
    async decode(event, channel, token) {
      try {
        const type = await schemas.get(event.event?.schemaId ?? '', token);
        return decode(event, channel, type);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code !== undefined && !lasting.includes(code)) throw error;
        return undecodable(event, channel, error);
      }
    },
  };
}
