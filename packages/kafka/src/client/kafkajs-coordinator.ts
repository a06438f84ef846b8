import { kafkaError } from '../errors.ts';

/**
 * kafkajs keeps to itself what brokers answer when they are asked who coordinates a group, and says that nobody was found.
 * Those that are only starting it asks again; those that refuse this user it asks once. So the requests tell one from the
 * other.
 */
export interface CoordinatorWatch {
  /** The error itself, or KAFKA_ACCESS_DENIED where it means that. */
  explain(error: unknown, what: string): unknown;
}

interface Observable {
  /** With one of the names that the library gives to its events. */
  on(event: never, listener: never): () => void;
}

interface RequestPayload {
  readonly apiName: string;
  readonly broker: string;
}

export function watchCoordinator(observable: Observable, of: 'admin' | 'consumer'): CoordinatorWatch {
  /** Whom it has asked since anything else of a group was asked. */
  let asked: string[] = [];

  const hear = ({ payload: { apiName, broker } }: { readonly payload: RequestPayload }) => {
    if (apiName === 'GroupCoordinator') asked.push(broker);
    else if (apiName !== 'Metadata') asked = [];
  };
  observable.on(`${of}.network.request` as never, hear as never);

  return {
    explain(error, what) {
      const once = asked.length > 0 && new Set(asked).size === asked.length;
      asked = [];
      if (!once || !isNotFound(error)) return error;
      return kafkaError(
        'KAFKA_ACCESS_DENIED',
        `${what}: no broker tells this user who coordinates the group. Give the user the ACL Read on the group.`,
        error,
      );
    },
  };
}

function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'KafkaJSGroupCoordinatorNotFound' || isNotFound(error.cause);
}
