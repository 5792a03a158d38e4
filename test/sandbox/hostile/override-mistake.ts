import { ofKind } from './hostile-script.ts';

/**
 * The other side of frozen built-ins: assigning to an own object a member that a built-in prototype has must work,
 * as it does on every page and in every library.
 */
export const overrideMistake = ofKind('the override mistake', [
  {
    name: 'own toString and valueOf by assignment work',
    source: `const money = {}; money.toString = () => '5 EUR'; money.valueOf = () => 5; money.hasOwnProperty = () => 'mine'; return [String(money), money + 1, money.hasOwnProperty('x'), Object.keys(money)];`,
    expect: { returned: ['5 EUR', 6, 'mine', ['toString', 'valueOf', 'hasOwnProperty']] },
  },
  {
    name: 'function constructors with prototypes by assignment work',
    source: `
      function Animal(name) { this.name = name; }
      Animal.prototype.toString = function () { return 'animal ' + this.name; };
      Animal.prototype.constructor = Animal;
      function Dog(name) { Animal.call(this, name); }
      Dog.prototype = Object.create(Animal.prototype); Dog.prototype.constructor = Dog;
      Dog.prototype.toString = function () { return 'dog ' + this.name; };
      Dog.toString = () => 'class Dog';
      return [String(new Animal('a')), String(new Dog('d')), new Dog('d').constructor === Dog, String(Dog)];`,
    expect: { returned: ['animal a', 'dog d', true, 'class Dog'] },
  },
  {
    name: 'own errors by assignment work',
    source: `
      function OldError(message) { const error = new Error(message); error.name = 'OldError'; error.message = message + '!'; error.toString = () => 'old'; return error; }
      class NewError extends Error { constructor(message) { super(message); this.name = 'NewError'; this.code = 7; } }
      NewError.prototype.toJSON = function () { return this.name; };
      function Third() { Error.captureStackTrace?.(this, Third); this.message = 'third'; }
      Third.prototype = Object.create(Error.prototype); Third.prototype.name = 'Third'; Third.prototype.constructor = Third;
      const old = OldError('x');
      return [old.name, old.message, String(old), JSON.stringify(new NewError('y')), String(new NewError('y')), String(new Third()), new Third() instanceof Error];`,
    expect: { returned: ['OldError', 'x!', 'old', '"NewError"', 'NewError: y', 'Third: third', true] },
  },
  {
    name: 'merging objects with members of Object.prototype works',
    source: `
      const merged = Object.assign({}, { constructor: 1, toString: 2, valueOf: 3, hasOwnProperty: 4, isPrototypeOf: 5 });
      const extend = (target, source) => { for (const key in source) target[key] = source[key]; return target; };
      const parsed = extend({}, JSON.parse('{"toString":"a","constructor":"b","toLocaleString":"c"}'));
      const counts = {}; for (const word of ['constructor', 'toString', 'constructor']) counts[word] = (Object.hasOwn(counts, word) ? counts[word] : 0) + 1;
      return [merged, parsed, counts];`,
    expect: {
      returned: [
        { constructor: 1, toString: 2, valueOf: 3, hasOwnProperty: 4, isPrototypeOf: 5 },
        { toString: 'a', constructor: 'b', toLocaleString: 'c' },
        { constructor: 2, toString: 1 },
      ],
    },
  },
  {
    name: 'exports in the style of compiled modules work',
    source: `
      const exports = {}; Object.defineProperty(exports, '__esModule', { value: true });
      exports.toString = (value) => 'text ' + value; exports.default = exports.toString; exports.valueOf = 1;
      const namespace = ((api) => { api.isArray = Array.isArray; api.toString = exports.toString; api.name = 'api'; return api; })(function api0() {} && {});
      return [exports.toString(1), exports.default(2), exports.valueOf, namespace.name, namespace.toString(3)];`,
    expect: { returned: ['text 1', 'text 2', 1, 'api', 'text 3'] },
  },
  {
    name: 'arrays, Maps and functions with own methods by assignment work',
    source: `
      const list = [1, 2]; list.push = function (value) { this[this.length] = value * 2; return this.length; }; list.map = () => 'mapped';
      const cache = new Map(); cache.get = (key) => 'cached ' + key;
      const call = () => 1; call.call = () => 'called'; call.bind = () => 'bound'; call.toString = () => 'text';
      const date = new Date(0); date.toISOString = () => 'date'; const bytes = new Uint8Array(1); bytes.slice = () => 'sliced';
      return [list.push(5), list[2], list.map(), cache.get('k'), call.call(), call.bind(), String(call), date.toISOString(), bytes.slice()];`,
    expect: { returned: [3, 10, 'mapped', 'cached k', 'called', 'bound', 'text', 'date', 'sliced'] },
  },
  {
    name: 'own statics of classes that extend built-ins work by assignment',
    source: `
      class Listing extends Array {} Listing.of = () => 'own of'; Listing.from = () => 'own from'; Listing.isArray = () => 'own isArray';
      class Later extends Promise {} Later.resolve = () => 'own resolve'; Later.all = () => 'own all';
      class Failure extends Error {} Failure.captureStackTrace = () => 'own capture';
      return [Listing.of(), Listing.from(), Listing.isArray(), Later.resolve(), Later.all(), Failure.captureStackTrace()];`,
    expect: { returned: ['own of', 'own from', 'own isArray', 'own resolve', 'own all', 'own capture'] },
  },
  {
    name: 'what stays read-only (docs/scripting.md) fails with a clear error, and definitions work in its place',
    source: `
      const list = [1, 2, 3]; const odd = /a/; const iterator = [1].values(); const promise = Promise.resolve(5); const maths = Object.create(Math);
      const refused = [];
      for (const assign of [() => { list[Symbol.iterator] = null; }, () => { odd.exec = null; }, () => { iterator.next = null; }, () => { promise.then = null; }, () => { maths.max = null; }]) {
        try { assign(); } catch (error) { refused.push(error.name); }
      }
      Object.defineProperty(list, Symbol.iterator, { value: function* () { yield 'own'; } });
      Object.defineProperty(odd, 'exec', { value: () => null });
      return [refused, [...list], odd.test('a')];`,
    expect: { returned: [['TypeError', 'TypeError', 'TypeError', 'TypeError', 'TypeError'], ['own'], false] },
  },
  {
    name: 'a shim of a missing built-in neither harms nor breaks',
    source: `
      if (!Array.prototype.at) Array.prototype.at = function (index) { return this[index]; };
      if (!Object.groupBy) Object.groupBy = () => ({});
      if (!String.prototype.replaceAll) String.prototype.replaceAll = function () { return this; };
      const root = typeof globalThis === 'undefined' ? {} : globalThis;
      const freeSelf = typeof self === 'object' && self; const isNode = typeof process === 'object'; const hasRequire = typeof require === 'function';
      return [[1, 2].at(-1), 'aa'.replaceAll('a', 'b'), freeSelf, isNode, hasRequire, typeof root.setTimeout, typeof root.window];`,
    expect: { returned: [2, 'bb', false, false, false, 'undefined', 'undefined'] },
  },
]);
