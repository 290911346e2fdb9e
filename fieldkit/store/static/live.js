// The page keeps itself up to date: told by the store that something changed, it asks for itself again and exchanges
// the parts that differ. What somebody plays or types into stays as it is.

const PATIENCE = 30_000 // milliseconds until a store that turned us away is asked again
const asServed = new WeakMap() // how the store wrote each part; since then the person may have opened or typed

let edition = Number(document.documentElement.dataset.edition)
let source = null
let due = 0
let fetching = false

const parts = (list) => [...list.children].filter((child) => child.id)

function remember(root) {
  for (const part of root.querySelectorAll('[data-list] > [id]')) asServed.set(part, part.outerHTML)
}

// Somebody is in the middle of something here.
function busy(part) {
  const videos = part.matches('video') ? [part] : part.querySelectorAll('video')
  for (const video of videos) if (!video.paused || video.currentTime > 0) return true
  const held = document.activeElement
  if (part.contains(held) && held.matches('input, textarea, select')) return true
  for (const field of part.querySelectorAll('input, textarea')) if (field.value !== field.defaultValue) return true
  return Boolean(part.querySelector('.reason:not([hidden]), .confirm:not([hidden]), button:disabled'))
}

function exchange(old, fresh) {
  const had = old.contains(document.activeElement)
  const name = document.activeElement?.getAttribute('name')
  old.replaceWith(fresh)
  if (!had) return
  const again = (name && fresh.querySelector(`[name="${name}"]:not([hidden])`)) || fresh.querySelector('a') || fresh.closest('.take')
  again?.focus({ preventScroll: true })
}

// A take's card stays, so that its picture does; of it only the parts are exchanged.
function update(old, fresh) {
  const html = fresh.outerHTML
  if (asServed.get(old) === html) return
  const lists = [...old.querySelectorAll('[data-list]')]
  const card = old.matches('.take')
  if (!card && !lists.length && !busy(old)) {
    exchange(old, fresh)
    asServed.set(fresh, html)
    return
  }
  const again = [...fresh.querySelectorAll('[data-list]')]
  asServed.set(old, html)
  if (card) old.dataset.clips = fresh.dataset.clips
  const theirs = new Map([...fresh.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part]))
  for (const part of card || lists.length ? old.querySelectorAll('[data-part]') : []) {
    const other = theirs.get(part.dataset.part)
    if (part.closest('[id]') === old && other && !busy(part) && !same(part, other)) exchange(part, other)
  }
  for (const list of lists) sync(list, again.find(({ id }) => id === list.id))
}

// A picture that is looked at is never exchanged; the lighter one came later, or there is none to see.
const same = (part, other) => part.matches('video') && part.getAttribute('src') === other.getAttribute('src')

function sync(list, fresh) {
  if (!fresh) return
  const mine = new Map(parts(list).map((part) => [part.id, part]))
  let before = null
  for (const part of parts(fresh)) {
    const old = mine.get(part.id)
    if (old) {
      mine.delete(part.id)
      update(old, part)
    } else {
      const place = before ? before.nextSibling : list.firstChild
      list.insertBefore(part, place)
      asServed.set(part, part.outerHTML)
      remember(part)
    }
    before = document.getElementById(part.id)
  }
  for (const gone of mine.values()) if (!busy(gone) && !gone.contains(document.activeElement)) gone.remove()
}

async function refresh() {
  if (fetching) {
    plan()
    return
  }
  fetching = true
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (!answer.ok) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const list of document.querySelectorAll('main > [data-list], main > section > [data-list]')) {
      sync(list, page.getElementById(list.id))
    }
    document.title = page.title
  } catch {
    plan(PATIENCE) // the line is down; the stream will say when it is back
  } finally {
    fetching = false
  }
}

function plan(wait = 200) {
  clearTimeout(due)
  due = setTimeout(refresh, wait)
}

function concerns({ tweet_id: tweet }) {
  const mine = location.pathname.match(/^\/tweets\/(\d+)/)
  return !mine || mine[1] === tweet
}

// What is on its way moves by itself; the page is asked for only when something begins or ends.
function arriving(all) {
  if (!document.getElementById('coming')) return
  const tweet = location.pathname.match(/^\/tweets\/(\d+)/)?.[1]
  const place = new URLSearchParams(location.search).get('place')
  const mine = all.filter((each) => (tweet ? each.tweet_id === tweet : !place || each.place === place))
  const shown = new Map([...document.querySelectorAll('[id^="arriving-"]')].map((row) => [row.id.slice(9), row]))
  if (mine.length !== shown.size || mine.some(({ id }) => !shown.has(id))) plan()
  for (const { id, said } of mine) {
    const word = shown.get(id)?.querySelector('.coming')
    if (word && word.textContent !== said) word.textContent = said
  }
}

function open() {
  clearTimeout(source?.again)
  source?.close()
  source = new EventSource('/events')
  const word = document.getElementById('live')
  source.addEventListener('hello', ({ lastEventId }) => {
    word.textContent = 'Live'
    word.classList.add('on')
    if (Number(lastEventId) > edition) plan()
    edition = Math.max(edition, Number(lastEventId))
  })
  source.addEventListener('change', ({ data, lastEventId }) => {
    edition = Math.max(edition, Number(lastEventId))
    if (concerns(JSON.parse(data))) plan()
  })
  source.addEventListener('arriving', ({ data }) => arriving(JSON.parse(data)))
  source.addEventListener('error', () => {
    word.textContent = 'Not live: the store is away'
    word.classList.remove('on')
    if (source?.readyState === EventSource.CLOSED) source.again = setTimeout(open, PATIENCE) // else it tries by itself
  })
}

export function live() {
  remember(document)
  open()
  // a browser keeps only six lines to one store: a page that nobody sees needs none
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) open()
    else {
      clearTimeout(source?.again)
      source?.close()
      source = null
    }
  })
  addEventListener('pagehide', () => source?.close())
}
