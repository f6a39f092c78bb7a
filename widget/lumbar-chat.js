/* <lumbar-chat>: the assistant in a panel on a clinic's page. See docs/website.md. */
(() => {
const SERVER = new URL('.', document.currentScript.src).href;
const KEY = 'lumbar-chat';
const PATIENCE = 60e3;
const BEGUN = Symbol(); // what goes by a symbol is not stored
const SMALL = '(max-width:30em),(max-height:30em)';

const PAGE = `
<button class="main launch" aria-haspopup="dialog"></button>
<dialog aria-labelledby="title" lang="en">
<div class="head"><h2 id="title"></h2>
<details class="menu"><summary>Options</summary><div>
<button data-do="enlarge" aria-pressed="false">Larger text</button>
<button data-do="restart">Start over</button>
<button data-do="forget">Forget this conversation</button>
<button data-do="copy">Copy the conversation</button>
<button data-do="print">Print the conversation</button>
</div></details>
<button data-do="close" aria-label="Close the chat">✕</button></div>
<div class="log" role="log" aria-label="Conversation" tabindex="0"></div>
<p role="status"></p>
<p class="note">General information, not medical advice, and no emergency service. In an emergency, call <span class="number"></span>.</p>
<form><label class="hidden" for="text">Your question</label>
<textarea id="text" rows="2" maxlength="1000" placeholder="Type your question" enterkeyhint="send"></textarea>
<button class="main">Send</button></form>
</dialog>
<template><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 10h4v11H2zM8 10l5-8c2 0 3 1 3 3l-1 4h5c2 0 2 2 2 3l-2 7c0 1-1 2-2 2H8z"/></svg></template>
`;

const el = (tag, props, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name in node && name !== 'role') node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

const link = (href, text) => /^(https?|tel|mailto):/i.test(href)
  ? el('a', /^http/i.test(href) ? { href, target: '_blank', rel: 'noopener noreferrer' } : { href }, text)
  : text;

const phone = (number) => link('tel:' + number.replace(/[^+\d]/g, ''), number);

const inline = (text) => text
  .split(/(\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\)|https?:\/\/[^\s)]*[^\s).,;]|\b(?:911|988)\b)/)
  .map((part) => {
    const [, label, href] = /^\[(.+)\]\((.+)\)$/.exec(part) || [];
    if (href) return link(href, label);
    if (/^\*\*.+\*\*$/.test(part)) return el('b', {}, part.slice(2, -2));
    return /^\d+$/.test(part) ? phone(part) : link(part, part);
  });

const rich = (text) => {
  const nodes = [];
  let list;
  for (const line of text.split('\n')) {
    if (/^[-*] /.test(line)) {
      if (!list) nodes.push(list = el('ul'));
      list.append(el('li', {}, ...inline(line.slice(2))));
    } else {
      list = null;
      if (line.trim()) nodes.push(el('p', {}, ...inline(line)));
    }
  }
  return nodes;
};

const table = ({ caption, columns, rows }) => el('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': caption },
  el('table', {}, el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...columns.map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...rows.map(([first, ...rest]) => el('tr', {},
      el('th', { scope: 'row' }, first), ...rest.map((cell) => el('td', {}, cell)))))));

const sources = (list) => el('details', {}, el('summary', {}, list.length > 1 ? `Sources (${list.length})` : 'Source'),
  el('ul', {}, ...list.map(({ text, evidence }) => el('li', {}, text + ' ',
    el('small', {}, evidence.join('; '))))));

class LumbarChat extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`/* style */`);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = PAGE;
    this.$ = (selector) => root.querySelector(selector);
    this.launcher = this.$('.launch');
    this.panel = this.$('dialog');
    this.log = this.$('.log');
    this.field = this.$('textarea');
    const title = this.title || 'Ask about MILD';
    this.removeAttribute('title');
    this.launcher.textContent = this.$('h2').textContent = title;

    this.launcher.onclick = () => { this.open(); this.field.focus(); };
    for (const button of root.querySelectorAll('[data-do]')) {
      button.onclick = () => { this.closeMenu(); this[button.dataset.do](); };
    }
    this.$('form').onsubmit = (event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      if (text) this.ask({ text });
      this.field.value = '';
      this.field.focus();
    };
    this.field.onkeydown = (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.$('form').requestSubmit();
      }
    };
    this.panel.onkeydown = (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      if (!this.closeMenu()) this.close();
    };
    this.panel.onclose = () => {
      this.launcher.hidden = this.state.open = false;
      this.save();
      this.launcher.focus();
    };
    addEventListener('online', () => { this.wake?.(); this.flush(); });
    try { // the storage may be closed, or hold what somebody else left
      this.state = { ...this.fresh(), ...JSON.parse(sessionStorage.getItem(KEY)) };
      this.show();
    } catch {
      this.state = this.fresh();
      this.show();
    }
    if (this.state.open) this.open();
    this.flush();
  }

  closeMenu() {
    const menu = this.$('.menu');
    if (!menu.open) return false;
    menu.open = false;
    menu.firstChild.focus();
    return true;
  }

  fresh() {
    return { items: [], queue: [], buttons: [], clinic: { phone: this.getAttribute('phone'), emergency: '911' } };
  }

  save() {
    try { sessionStorage.setItem(KEY, JSON.stringify(this.state)); } catch { /* then not beyond this page */ }
  }

  open() {
    if (this.panel.open) return;
    if (matchMedia(SMALL).matches) this.panel.showModal();
    else this.panel.open = true; // show() would take the focus on every page
    this.launcher.hidden = this.state.open = true;
    this.save();
    this.log.scrollTop = this.log.scrollHeight;
    if (!this.state.token) this.begin().catch(() => {});
  }

  close() {
    this.panel.close();
  }

  enlarge() {
    this.state.large = !this.state.large;
    this.resize();
    this.save();
  }

  resize() {
    const large = !!this.state.large;
    this.panel.classList.toggle('large', large);
    this.$('[data-do=enlarge]').setAttribute('aria-pressed', large);
  }

  restart() {
    const { open, large } = this.state;
    this.state = { ...this.fresh(), open, large };
    this.show();
    this.tell(this.field.value = '');
    this.begin().catch(() => {});
    this.field.focus();
  }

  async forget() {
    try {
      if (this.state.token) await this.call('DELETE', 'sessions');
      this.restart();
      this.tell('This conversation has been deleted.');
    } catch (error) {
      this.tell(error.code ? error.message : 'Not deleted. Please try again.');
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.written());
      this.tell('Copied.');
    } catch { this.tell('This browser cannot copy.'); }
  }

  print() {
    const frame = el('iframe', { className: 'hidden', title: 'Print' });
    this.panel.append(frame);
    const page = frame.contentWindow;
    page.document.body.append(...this.written().split('\n').map((line) => el('p', {}, line)));
    page.onafterprint = () => frame.remove();
    page.print();
  }

  written() {
    const cells = ({ caption, columns, rows }) => [caption, columns.join(' | '), ...rows.map((row) => row.join(' | '))];
    return this.state.items.flatMap(({ you, messages, trouble }) => you ? ['You: ' + you]
      : ['Lumbar: ' + (trouble || messages.map(({ text = '', table }) => [text, ...(table ? cells(table) : [])].join('\n')).join('\n'))])
      .join('\n');
  }

  tell(text, writing) {
    const status = this.$('[role=status]');
    status.textContent = text;
    status.classList.toggle('dots', !!writing);
  }

  show() {
    this.resize();
    this.log.replaceChildren(el('div', { className: 'bot' }, el('p', {}, this.getAttribute('greeting')
      || 'Hello! I am an automated assistant. I answer questions about the MILD procedure for lumbar spinal stenosis.')));
    for (const item of this.state.items) this.add(item);
    this.refresh();
  }

  refresh() {
    this.save();
    const { buttons, queue, clinic } = this.state;
    this.$('.number').replaceWith(el('span', { className: 'number' }, phone(clinic.emergency)));
    this.$('.next')?.remove();
    if (buttons.length && !queue.length) {
      this.log.append(el('div', { className: 'next', role: 'group', 'aria-label': 'Suggested questions', 'aria-live': 'off' },
        ...buttons.map(({ title, button }) => el('button', {
          onclick: () => { this.log.focus(); this.ask({ text: title, button }); } }, title))));
    }
  }

  add(item, isNew) {
    const { you, messages, trouble, entry, lost } = item;
    let first;
    const put = (node) => { first ||= node; this.log.append(node); };
    if (you) put(el('p', { className: 'you' }, el('span', { className: 'hidden' }, 'You: '), you));
    if (trouble) {
      const number = this.state.clinic.phone;
      put(el('div', { className: lost ? 'bot lost' : 'bot' }, ...rich(trouble),
        ...(number ? [el('p', {}, 'Call the clinic: ', phone(number))] : []),
        el('button', { onclick: () => { this.log.focus(); entry ? this.ask(entry) : this.flush(); } }, 'Try again')));
    }
    for (const message of messages || []) {
      const { text = '', lang = 'en', emergency } = message;
      put(el('div', { className: emergency ? 'bot alarm' : 'bot', lang, tabIndex: -1, ...(emergency && isNew && { role: 'alert' }) },
        ...(emergency ? [el('a', { className: 'call', href: 'tel:' + emergency }, 'Call ' + emergency)] : []),
        ...rich(text),
        ...(message.table ? [table(message.table)] : [])));
      if (message.sources) {
        this.log.append(el('div', { className: 'tools', 'aria-live': 'off' }, sources(message.sources), 'Did this help?',
          ...[['up', 'Helpful'], ['down', 'Not helpful']].map(([verdict, label]) => {
            const button = el('button', { 'aria-label': label, 'aria-pressed': item.rated === verdict, onclick: () => this.rate(item, verdict, button) },
              this.$('template').content.cloneNode(true));
            return button;
          })));
      }
    }
    return first;
  }

  async rate(item, verdict, button) {
    try {
      await this.call('POST', 'feedback', { answer: item.answer, verdict });
      item.rated = verdict;
      this.save();
      for (const one of button.parentNode.querySelectorAll('[aria-pressed]')) one.setAttribute('aria-pressed', one === button);
      this.tell('Thank you.');
    } catch { this.tell('Not sent. Please try again.'); }
  }

  ask({ text, button }) {
    const { items, queue } = this.state;
    const item = { you: text };
    items.push(item);
    queue.push({ id: crypto.getRandomValues(new Uint32Array(4)).join('-'), text, button });
    this.flush(); // first, so that the server works while this page is drawn
    this.refresh();
    this.follow(this.add(item));
  }

  follow(node) {
    this.panel.scrollTop = 0;
    this.log.scrollTop = node.offsetTop - 8;
  }

  async call(method, path, body) {
    const { token } = this.state;
    const response = await fetch(`${this.getAttribute('server') || SERVER}api/${path}`, {
      method, credentials: 'omit', signal: AbortSignal.timeout(20e3), body: body && JSON.stringify(body),
      headers: { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: 'Bearer ' + token }) },
    });
    if (response.status === 204) return;
    const answer = await response.json();
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.message), { code: answer.code, status: response.status, wait: response.headers.get('Retry-After') });
  }

  begin() {
    const { state } = this;
    return state[BEGUN] ||= this.call('POST', 'sessions').then(({ token, clinic, buttons }) => {
      state.token = token;
      Object.assign(state.clinic, clinic);
      if (!state.items.length) state.buttons = buttons;
      if (state === this.state) this.refresh();
    }).finally(() => { state[BEGUN] = null; });
  }

  async flush() {
    const { state } = this;
    if (this.flushing === state) return;
    this.flushing = state;
    let delay = 500;
    let since, item;
    while (state === this.state && state.queue.length && !item?.lost) {
      const [{ id, text, button }] = state.queue;
      item = null;
      if (!since) this.tell('Lumbar is writing', true);
      try {
        if (!state.token) await this.begin();
        if (state !== this.state) break;
        item = await this.call('POST', ...(button ? ['buttons', { id, button }] : ['messages', { id, text }]));
      } catch ({ code, status, message, wait }) {
        if (status === 401) {
          state.token = state.queue[0].button = '';
        } else if (code && ![409, 429, 503].includes(status)) {
          item = { trouble: message, entry: { text, button } };
        }
        since ||= Date.now();
        if (!item && Date.now() - since > PATIENCE) item = { trouble: code ? message : 'No connection to the assistant.', lost: true };
        if (!item && state === this.state) {
          this.tell(code ? message : `${navigator.onLine ? 'No connection to the assistant' : 'You are offline'}. Your question will wait.`);
          await new Promise((wake) => { this.wake = wake; setTimeout(wake, Math.max(delay, wait * 1e3 || 0)); });
          delay = Math.min(2 * delay, 16e3);
        }
      }
      if (item && state === this.state) this.receive(item);
    }
    if (this.flushing === state) this.flushing = null;
  }

  receive(item) {
    const { items, queue } = this.state;
    if (!item.lost) {
      items.push(item);
      queue.shift();
    }
    this.$('.lost')?.remove();
    this.state.buttons = item.messages?.flatMap(({ buttons = [] }) => buttons) || [];
    const waited = this.shadowRoot.activeElement === this.log;
    this.$('.next')?.remove();
    const node = this.add(item, true);
    const alarm = item.messages?.some(({ emergency }) => emergency);
    this.refresh();
    this.tell('');
    if (alarm) this.open();
    const before = node.previousElementSibling;
    this.follow(alarm || before.offsetHeight > this.log.clientHeight / 2 ? node : before);
    if (waited) node.focus();
  }
}

customElements.define('lumbar-chat', LumbarChat);
})();
