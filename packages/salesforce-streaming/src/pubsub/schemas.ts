import type { Type } from 'avsc';
import type { Token } from '../auth/provider.ts';
import { recordTypeOf } from './avro.ts';
import type { PubSubClient } from './client.ts';

/** What is known of the events' schemas. An id always stands for the same schema: a changed event has another id. */
export interface Schemas {
  /** Rejects with the ServiceError of the call, and with another error when the schema is no use. Only the former is worth another try. */
  get(id: string, token: Token): Promise<Type>;
}

/** Asks for each schema once, also when several channels need it at the same time. */
export function createSchemas(client: Pick<PubSubClient, 'getSchema'>): Schemas {
  const types = new Map<string, Promise<Type>>();
  return {
    get(id, token) {
      const known = types.get(id);
      if (known) return known;
      const asked = client.getSchema(id, token).then(({ schemaJson }) => recordTypeOf(schemaJson));
      types.set(id, asked);
      asked.catch(() => types.delete(id));
      return asked;
    },
  };
}
