import { describe } from 'vitest';

describe.todo('crash');
