import type { LogPosition, ResolvedEvent } from '../client.ts';

export type Direction = 'forwards' | 'backwards';

/** What of a client the reader uses; both official clients have it. */
export interface ReadClient {
  readStream(
    stream: string,
    options: {
      readonly direction: Direction;
      readonly fromRevision: bigint | 'start' | 'end';
      readonly maxCount: number;
      readonly resolveLinkTos: boolean;
    },
  ): AsyncIterable<ResolvedEvent>;
  readAll(options: {
    readonly direction: Direction;
    readonly fromPosition: LogPosition | 'start' | 'end';
    readonly maxCount: number;
    readonly resolveLinkTos: boolean;
  }): AsyncIterable<ResolvedEvent>;
}
