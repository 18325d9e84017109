import { describe } from '@jest/globals';
import { describeBooks } from '../../support/books/books-behavior.js';
import { createFakeBooksUnderTest } from '../../support/books/fake-books-under-test.js';

const books = createFakeBooksUnderTest();

describe('the books of the workflow tests', () => describeBooks(() => books));
