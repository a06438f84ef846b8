import { describe } from 'vitest';

describe.todo('memory');
