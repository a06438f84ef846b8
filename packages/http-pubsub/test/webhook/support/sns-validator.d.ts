declare module 'sns-validator' {
  export default class MessageValidator {
    validate(message: object, callback: (error: Error | null, valid?: object) => void): void;
  }
}
