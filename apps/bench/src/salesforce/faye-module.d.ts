// faye 1.4.3 has no types. These are the parts that are used here.
declare module 'faye' {
  import type { ReplayedData } from './replay-map.ts';

  export interface Message {
    readonly channel?: string;
    readonly data?: ReplayedData;
  }

  export interface Extension {
    incoming(message: Message, callback: (message: Message) => void): void;
    outgoing(message: Message, callback: (message: Message) => void): void;
  }

  class Client {
    constructor(url: string);
    setHeader(name: string, value: string): void;
    addExtension(extension: Extension): void;
    subscribe(channel: string, listener: (data: ReplayedData) => void): PromiseLike<void>;
    disconnect(): PromiseLike<void>;
  }

  const faye: { readonly Client: typeof Client };
  export default faye;
}
