import { describe } from 'vitest';

describe.todo('health');
