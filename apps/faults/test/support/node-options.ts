/** What a Node needs to run the TypeScript of the packages as it is. */
export const nodeOptions: readonly string[] = [
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
  ...(process.features.typescript ? [] : ['--experimental-strip-types']),
];
