import type { SourceSettings } from '@millrace/core';
import type { Listener } from '../listener/listener.ts';
import type { ListenerOptions } from '../listener/options.ts';
import { checkListenerOptions } from '../listener/options.ts';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import type { AcceptStore } from './accept/store.ts';
import { isWithheld, wantedHeaders } from './headers.ts';
import { optionChecks } from '../option-checks.ts';
import type { WebhookVerifier } from './verifier.ts';

/** When a sender hears that all is well: when its events are settled, or when they are stored. */
export type AckMode =
  | {
      /** @default 'settled' */
      readonly ackMode?: 'settled';
      readonly acceptStore?: never;
      readonly acceptLease?: never;
    }
  | {
      readonly ackMode: 'accepted';
      /** Keeps what was accepted until it is settled: `sqliteAcceptStore(path)`. */
      readonly acceptStore: AcceptStore;
      /**
       * Milliseconds after which an accepted event is handled anew when this process has lost sight of it, as by an event
       * loop that stands still. It is renewed while a handler runs, however long.
       * @default 30_000
       */
      readonly acceptLease?: number;
    };

/** Where requests come in: exactly one. */
export type WebhookPlace =
  | {
      /** One that other sources use too. Yours to close, after the consumer. */
      readonly listener: Listener;
      readonly listen?: never;
    }
  | {
      /** A server of the source's own, open while the source is. */
      readonly listen: Pick<ListenerOptions, 'host' | 'limits'> & { readonly port: number };
      readonly listener?: never;
    };

/** Who may send: exactly one. */
export type WebhookSenders =
  | { readonly verifier: WebhookVerifier; readonly verifiers?: never }
  | {
      /** Several kinds of senders at one path, told apart by their headers. Anybody can pick the weakest. */
      readonly verifiers: readonly WebhookVerifier[];
      readonly verifier?: never;
    };

export type WebhookOptions = Omit<SourceSettings, 'start' | 'onInvalidPosition' | 'commit'> &
  AckMode &
  WebhookPlace &
  WebhookSenders & {
    /** Such as `/hooks/billing`, without a query. */
    readonly path: string;
    /**
     * Name of the source.
     * @default the path
     */
    readonly name?: string;
    /**
     * Milliseconds that a sender is kept waiting for its events to be settled; then it is told to come again, while
     * handlers run on. Less than the sender's own patience, which is 15 s for most. With `settled` only.
     * @default 10_000
     */
    readonly handlerTimeout?: number;
    /**
     * Events that wait for core beside those it has room for; with `accepted` those that may be stored. When there are
     * so many, senders are told to come later.
     * @default the same as `concurrency + prefetch`; 10_000 with `accepted`
     */
    readonly maxWaiting?: number;
    /**
     * Requests that are read or answered at the same time.
     * @default 128
     */
    readonly maxRequests?: number;
    /**
     * Bytes of a request.
     * @default 1_048_576
     */
    readonly maxBody?: number;
    /**
     * Headers of requests that handlers see, beside those of traces (`traceparent`, `tracestate`, `baggage`,
     * `correlation-id`). Most schemes do not sign headers.
     */
    readonly headers?: readonly string[];
    /**
     * Remembers requests, so that copies have no effect. Processes that share a path behind a load balancer share one.
     * @default in memory
     */
    readonly guard?: RevocableReplayGuard;
    /** What senders have as the URL of this webhook: looked at by `verify`, used for nothing else. */
    readonly publicUrl?: string;
  };

/** Options checked, with the defaults filled in. */
export interface WebhookSettings {
  readonly name: string;
  readonly path: string;
  readonly place: WebhookPlace;
  readonly verifiers: readonly WebhookVerifier[];
  readonly acceptStore: AcceptStore | undefined;
  readonly acceptLease: number;
  readonly handlerTimeout: number;
  readonly maxWaiting: number;
  /** Events that core has room for. */
  readonly room: number;
  readonly maxRequests: number;
  readonly maxBody: number;
  readonly headers: readonly string[];
  /** Undefined: in memory. */
  readonly guard: RevocableReplayGuard | undefined;
  readonly publicUrl: string | undefined;
}

export function checkOptions(options: WebhookOptions): WebhookSettings {
  const check = optionChecks('webhook');
  const { path, listener, listen, acceptStore, headers = [], guard, publicUrl, concurrency = 16 } = options;
  const verifiers = options.verifiers ?? (options.verifier ? [options.verifier] : []);
  const room = concurrency + (options.prefetch ?? concurrency);
  if (!/^\/[\w\-./~%!$&'()*+,;=:@]*$/.test(path)) check.fail('"path" must be one such as "/hooks/billing"');
  if ((listener === undefined) === (listen === undefined)) check.fail('give either "listener" or "listen"');
  if (listen) checkListenerOptions(listen);
  if (verifiers.length === 0) check.fail('a "verifier" has to say who may send');
  if (options.verifier && options.verifiers) check.fail('give either "verifier" or "verifiers"');
  check.oneOf('ackMode', options.ackMode, ['settled', 'accepted']);
  if ((options.ackMode === 'accepted') !== (acceptStore !== undefined))
    check.fail('"ackMode: accepted" and "acceptStore" go together');
  if (!acceptStore && options.acceptLease !== undefined)
    check.fail('"acceptLease" is of "ackMode: accepted"');
  check.milliseconds('acceptLease', options.acceptLease, 100);
  check.milliseconds('handlerTimeout', options.handlerTimeout, 1);
  check.wholeNumber('maxWaiting', options.maxWaiting, 0);
  check.wholeNumber('maxRequests', options.maxRequests, 1);
  check.wholeNumber('maxBody', options.maxBody, 1);
  const secret = headers.find(isWithheld);
  if (secret !== undefined)
    check.fail('"headers" of requests that carry credentials or signatures stay outside');
  if (publicUrl !== undefined && !URL.canParse(publicUrl)) check.fail('"publicUrl" must be a URL');
  for (const method of ['remember', 'has', 'forget'] as const)
    if (guard) check.function(`guard.${method}`, guard[method] ?? null);
  return {
    name: options.name ?? path,
    path,
    place: options,
    verifiers,
    acceptStore,
    acceptLease: options.acceptLease ?? 30_000,
    handlerTimeout: options.handlerTimeout ?? 10_000,
    maxWaiting: options.maxWaiting ?? (acceptStore ? 10_000 : room),
    room,
    maxRequests: options.maxRequests ?? 128,
    maxBody: options.maxBody ?? 1_048_576,
    headers: wantedHeaders(headers),
    guard,
    publicUrl,
  };
}
