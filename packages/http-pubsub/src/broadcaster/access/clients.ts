import type { Operation } from '../../wire/auth/operation.ts';
import type { Auth, AuthScheme, Verdict } from '../../wire/auth/scheme.ts';
import { noAuth } from '../../wire/auth/scheme.ts';
import { compileGlob } from '../../wire/glob/glob.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';
import { isBelow } from './url-prefix.ts';

/** Somebody with keys of their own, and what they may do with them. */
export interface BroadcasterClient {
  /** Shows up in logs and in the `authorize` hook. */
  readonly name: string;
  /** Proves that it is this one; several secrets in one scheme are for rotation. */
  readonly toBroadcaster: AuthScheme;
  /**
   * How the broadcaster proves itself to it, and to the subscribers below its `urls`.
   * @default that of the broadcaster's `auth`
   */
  readonly toSubscriber?: AuthScheme;
  /**
   * Globs of topics that it may publish to.
   * @default all
   */
  readonly publish?: readonly string[];
  /**
   * Globs of topics that it may subscribe to. A glob may be subscribed to when it stands here literally, or begins with
   * what stands before a closing `**`.
   * @default all
   */
  readonly subscribe?: readonly string[];
  /**
   * Subscriber URLs that are its own: `https://a.example/hooks` and all below. Also of recovery URLs.
   * @default all
   */
  readonly urls?: readonly string[];
}

/** What somebody asks for. */
export interface AccessRequest {
  readonly action: 'publish' | 'subscribe' | 'unsubscribe' | 'check' | 'replace' | 'replay';
  /** Undefined: proven by the broadcaster's own `auth`. */
  readonly client: string | undefined;
  readonly topic?: Uint8Array;
  readonly glob?: string;
  /** The subscriber's. */
  readonly url?: string;
  readonly recovery?: string | undefined;
  readonly remoteAddress?: string | undefined;
}

export interface Identity {
  readonly verdict: Verdict;
  readonly client: BroadcasterClient | undefined;
}

/** Who speaks, and what they may do. */
export interface Access {
  /** Who proves that this is what they said. */
  identify(operation: Operation, tracing: Uint8Array, authorization: string | undefined): Promise<Identity>;
  may(request: AccessRequest, client: BroadcasterClient | undefined): Promise<boolean>;
  /** How the broadcaster proves itself to whom it answers. */
  replyScheme(client: BroadcasterClient | undefined): AuthScheme;
  /** How it does so to whom it calls. */
  schemeFor(url: string): AuthScheme;
  /** Whether the one who signed a confirmation may speak for a URL. */
  speaksFor(client: BroadcasterClient | undefined, url: string): boolean;
}

export interface AccessOptions {
  readonly auth: Auth;
  readonly clients: readonly BroadcasterClient[];
  readonly authorize: ((request: AccessRequest) => boolean | Promise<boolean>) | undefined;
}

export function createAccess({ auth, clients, authorize }: AccessOptions): Access {
  const rules = new Map(clients.map((client) => [client, rulesOf(client)]));

  // Where clients have keys, nobody is believed without one.
  const isOpen = auth.toBroadcaster === noAuth && clients.length > 0;

  async function verifyOwn(...said: Parameters<AuthScheme['verify']>): Promise<Verdict> {
    if (!isOpen) return auth.toBroadcaster.verify(...said);
    return said[2] === undefined ? 'missing' : 'refused';
  }

  return {
    async identify(operation, tracing, authorization) {
      const own = await verifyOwn(operation, tracing, authorization);
      if (own === 'accepted' || own === 'unavailable') return { verdict: own, client: undefined };
      for (const client of clients) {
        const verdict = await client.toBroadcaster.verify(operation, tracing, authorization);
        if (verdict === 'accepted' || verdict === 'unavailable') return { verdict, client };
      }
      return { verdict: own, client: undefined };
    },
    async may(request, client) {
      if (client && rules.get(client)?.(request) === false) return false;
      return (await authorize?.(request)) ?? true;
    },
    replyScheme: (client) => client?.toSubscriber ?? auth.toSubscriber,
    schemeFor(url) {
      const owner = clients.find(
        ({ toSubscriber, urls }) => toSubscriber && urls?.some((prefix) => isBelow(url, prefix)),
      );
      return owner?.toSubscriber ?? auth.toSubscriber;
    },
    speaksFor: (client, url) => !client?.urls || client.urls.some((prefix) => isBelow(url, prefix)),
  };
}

function rulesOf({ publish, subscribe, urls }: BroadcasterClient): (request: AccessRequest) => boolean {
  const mayPublish = publish && topicRule(publish);
  const maySubscribe = subscribe && topicRule(subscribe);
  const mayUse = (url: string | undefined) =>
    url === undefined || !urls || urls.some((prefix) => isBelow(url, prefix));
  return ({ action, topic, glob, url, recovery }) => {
    if (!mayUse(url) || !mayUse(recovery)) return false;
    const wanted: Wanted | undefined =
      topic === undefined ? (glob === undefined ? undefined : { glob }) : { topic };
    const mayTopic = action === 'publish' ? mayPublish : maySubscribe;
    return wanted === undefined || !mayTopic || mayTopic(wanted);
  };
}

function topicRule(globs: readonly string[]): (wanted: Wanted) => boolean {
  const matchers = globs.map((glob) => compileGlob(glob));
  const heads = globs.filter((glob) => /^([^*?[]*\/)?\*\*$/.test(glob)).map((glob) => glob.slice(0, -2));
  return ({ topic, glob }) =>
    topic === undefined
      ? globs.includes(glob) || heads.some((head) => glob.startsWith(head))
      : matchers.some((matches) => matches(topic)) || globs.includes('**');
}
