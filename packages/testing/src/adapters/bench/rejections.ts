/** Collects promises that were rejected and that nobody looked at. */
export function watchRejections(): { end(): readonly string[] } {
  const seen: string[] = [];
  const see = (reason: unknown) =>
    void seen.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  process.on('unhandledRejection', see);
  return {
    end() {
      process.off('unhandledRejection', see);
      return seen;
    },
  };
}
