// What moves in the console: live regions, the phone, times in the reader's zone. The pages work without it,
// they only stand still then.
"use strict";

(() => {
  const REFRESH_MS_MIN = 60;
  const REFRESH_MS_WITHOUT_EVENTS = 2000;
  const RECONNECT_MS = 4000;

  // The markup as the server sent it: what the reader opened or the script changed does not count as a change.
  const served = new WeakMap();

  const remember = (root) => {
    for (const node of root.querySelectorAll("[data-key]")) {
      served.set(node, node.outerHTML);
    }
  };

  const localise = (root) => {
    for (const node of root.querySelectorAll("time[data-show]")) {
      const at = new Date(node.dateTime);
      if (Number.isNaN(at.getTime())) {
        continue;
      }
      const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
      if (node.dataset.show === "exact") {
        time.fractionalSecondDigits = 3;
      }
      const today = at.toDateString() === new Date().toDateString();
      const day = today ? {} : { day: "2-digit", month: "short" };
      node.textContent = at.toLocaleString("en-GB", { ...day, ...time });
      node.removeAttribute("data-show");
    }
  };

  // A list is reconciled child by child: a child whose markup the server did not change stays the node it is, with
  // what the reader opened in it.
  const reconcile = (list, next) => {
    const known = new Map();
    for (const child of list.children) {
      if (child.dataset.key) {
        known.set(child.dataset.key, child);
      }
    }
    const children = [...next.children].map((child) => {
      const was = child.dataset.key ? known.get(child.dataset.key) : undefined;
      if (was) {
        return merge(was, child);
      }
      served.set(child, child.outerHTML);
      remember(child);
      if (child.dataset.key && known.size > 0) {
        child.classList.add("fresh");
      }
      return child;
    });
    children.forEach((child, place) => {
      if (list.children[place] !== child) {
        list.insertBefore(child, list.children[place] ?? null);
      }
    });
    while (list.children.length > children.length) {
      list.lastElementChild.remove();
    }
  };

  const merge = (was, next) => {
    const markup = next.outerHTML;
    if (served.get(was) === markup) {
      return was;
    }
    remember(next);
    served.set(next, markup);
    for (const list of next.querySelectorAll("[data-list]")) {
      const old = was.querySelector(`#${CSS.escape(list.id)}`);
      if (old) {
        reconcile(old, list);
        list.replaceWith(old);
      }
    }
    return next;
  };

  const complain = (words) => {
    const problem = document.getElementById("phone-problem");
    if (problem) {
      problem.hidden = words === "";
      problem.textContent = words;
    }
  };

  const regions = [...document.querySelectorAll("[data-live]")];
  const loading = new Map();

  const show = (region, page) => {
    const next = page.getElementById(region.id);
    if (!next) {
      return;
    }
    // What is below the talk takes room from it, so its end must stay in sight then too.
    const box = document.getElementById("talk");
    const atEnd = box && box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    reconcile(region, next);
    localise(region);
    if (atEnd) {
      box.scrollTop = box.scrollHeight;
    }
  };

  // One request serves all regions that live on the same page; a wish that comes meanwhile is kept for afterwards.
  const load = async (url) => {
    loading.set(url, "busy");
    try {
      const response = await fetch(url, { headers: { accept: "text/html" } });
      if (response.status === 401 || response.url.includes("/console/sign-in")) {
        window.location.reload();
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.ok) {
        regions.filter((region) => region.dataset.live === url).forEach((region) => show(region, page));
      } else if (response.status === 422) {
        complain(page.querySelector("main p")?.textContent ?? "");
      }
    } catch {
      // The gateway is away; the next event or tick asks again.
    }
    const again = loading.get(url) === "again";
    loading.delete(url);
    if (again) {
      soon(url);
    }
  };

  const soon = (url) => {
    if (loading.has(url)) {
      if (loading.get(url) === "busy") {
        loading.set(url, "again");
      }
      return;
    }
    loading.set(url, "soon");
    window.setTimeout(load, REFRESH_MS_MIN, url);
  };

  const refresh = (wanted) => {
    for (const url of new Set(regions.filter(wanted).map((region) => region.dataset.live))) {
      soon(url);
    }
  };

  const concerns = (region, ids) =>
    region.dataset.watch === undefined || ids === "*" || ids.split(" ").some((id) => region.innerHTML.includes(id));

  const state = document.getElementById("live-state");
  const say = (name, words) => {
    if (state && regions.length > 0) {
      state.dataset.state = name;
      state.textContent = words;
    }
  };

  let source;
  const listen = () => {
    const first = regions.find((region) => region.dataset.events);
    if (!first || source || document.hidden) {
      return;
    }
    source = new EventSource(first.dataset.events);
    source.addEventListener("open", () => {
      say("live", "Live");
      refresh(() => true);
    });
    source.addEventListener("changed", (event) => {
      refresh((region) => concerns(region, event.data));
    });
    source.addEventListener("error", () => {
      say("lost", "Reconnecting");
      if (source?.readyState === EventSource.CLOSED) {
        source = undefined;
        window.setTimeout(listen, RECONNECT_MS);
      }
    });
  };

  document.addEventListener("visibilitychange", () => {
    // A hidden tab gives its connection back: browsers allow six to one host.
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else {
      listen();
      refresh(() => true);
    }
  });

  window.setInterval(() => {
    if (!document.hidden) {
      const live = source?.readyState === EventSource.OPEN;
      refresh((region) => !region.dataset.events || !live);
    }
  }, REFRESH_MS_WITHOUT_EVENTS);

  const phone = document.getElementById("phone-form");
  if (phone) {
    const text = document.getElementById("phone-text");
    const send = document.getElementById("phone-send");
    const talk = document.getElementById("talk");
    const choice = document.getElementById("phone-choice");

    // Another handset or service address: the same page goes on with it, and a text half typed stays.
    const choose = () => {
      const chosen = new URLSearchParams(new FormData(choice));
      for (const [name, value] of chosen) {
        phone.elements.namedItem(name).value = value;
      }
      text.placeholder = choice.elements.to.selectedOptions[0]?.dataset.hint ?? `Text to ${chosen.get("to")}`;
      phone.dataset.page = `/?${chosen}`;
      for (const region of regions) {
        region.dataset.live = `/console/phone/exchange?${chosen}`;
        region.dataset.latest = region.dataset.live;
        region.dataset.events = `/console/events?${new URLSearchParams({ phone: chosen.get("phone") })}`;
      }
      window.history.replaceState(null, "", phone.dataset.page);
      complain("");
      source?.close();
      source = undefined;
      listen();
      refresh(() => true);
    };
    choice.classList.add("scripted");
    choice.addEventListener("change", choose);
    choice.addEventListener("submit", (event) => {
      event.preventDefault();
      choose();
    });
    document.getElementById("phone-hints").addEventListener("click", (event) => {
      if (event.target.dataset.text) {
        text.value = event.target.dataset.text;
        text.focus();
      }
    });

    const post = (posted) => {
      const form = new URLSearchParams(new FormData(posted));
      const token = form.get("csrf");
      form.delete("csrf");
      const headers = { "x-csrf-token": token, accept: "text/plain" };
      return fetch(posted.action, { method: "POST", headers, body: form });
    };

    document.getElementById("phone-screen").addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await post(event.target);
        refresh(() => true);
      } catch {
        complain("The gateway does not answer. Is it still running?");
      }
      text.focus();
    });

    phone.addEventListener("submit", async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        const response = await post(phone);
        const words = await response.text();
        complain(response.ok ? "" : words);
        if (response.ok) {
          text.value = "";
          for (const region of regions) {
            region.dataset.live = region.dataset.latest ?? region.dataset.live;
          }
          window.history.replaceState(null, "", phone.dataset.page);
          talk.scrollTop = talk.scrollHeight;
          refresh(() => true);
        }
      } catch {
        complain("The gateway does not answer. Is it still running?");
      }
      send.disabled = false;
      text.focus();
    });

    text.focus({ preventScroll: true });
    talk.scrollTop = talk.scrollHeight;
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent);
        button.textContent = "Copied";
      } catch {
        window.getSelection().selectAllChildren(source);
        source.select?.();
      }
    });
  }

  remember(document);
  localise(document);
  if (regions.length > 0) {
    say("live", "Live");
    listen();
  }
})();
