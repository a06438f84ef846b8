/** What a test has a client do. */
export type Command =
  | { readonly do: 'handshake' }
  | { readonly do: 'subscribe'; readonly channel: string }
  /** Uses another access token from now on. */
  | { readonly do: 'token'; readonly token: string }
  /** Makes a second client in the same process. */
  | { readonly do: 'rival' }
  | { readonly do: 'rest'; readonly what: string };

/** A message of the server as the library hands it on. */
export interface Message {
  readonly channel?: string;
  readonly successful?: boolean;
  readonly error?: string;
  readonly subscription?: string;
  readonly advice?: { readonly reconnect?: string };
  readonly ext?: { readonly sfdc?: { readonly failureReason?: string } };
  readonly data?: {
    readonly event?: { readonly replayId?: number; readonly type?: string };
    readonly payload?: unknown;
    readonly sobject?: unknown;
  };
}

/** What a client tells a test. */
export type Seen =
  | { readonly saw: 'ready' }
  | { readonly saw: 'event'; readonly channel: string; readonly data: Message['data'] }
  | { readonly saw: 'meta'; readonly message: Message }
  | { readonly saw: 'subscribed'; readonly channel: string }
  | {
      readonly saw: 'refused';
      readonly channel: string;
      readonly message: string;
      /** As the library parsed it. */
      readonly code?: unknown;
    }
  /** The library says that it is disconnected for good. */
  | { readonly saw: 'disconnected' }
  /** The answer to a REST call. */
  | { readonly saw: 'result'; readonly what: string; readonly result: unknown };

export interface ClientArguments {
  /** Where to log in. */
  readonly url: string;
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
  /** Where to begin in which channel. */
  readonly replay: Readonly<Record<string, number>>;
}

export function clientArguments(): ClientArguments {
  return JSON.parse(process.argv[2] ?? '') as ClientArguments;
}

export function tell(seen: Seen): void {
  process.send?.(seen);
}

export function onCommand(follow: (command: Command) => void): void {
  process.on('message', (command) => follow(command as Command));
  tell({ saw: 'ready' });
}
