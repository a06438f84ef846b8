/** A Nest microservice whose transport is the bench. Declared apart from its code, which another compiler option compiles. */
export interface NestDispatcher {
  /** Sends one event through Nest to the controller; resolves when its handler has ended. */
  dispatch(pattern: string, data: unknown, message: unknown): Promise<void>;
  close(): Promise<void>;
}

export type CreateNestDispatcher = (
  form: 'documented' | 'bare',
  handled: (number: number) => void,
) => Promise<NestDispatcher>;
