// What only a laid-out page can tell, as `shopbookAudit`: each function gives a list of faults, empty when all is well.
window.shopbookAudit = (function () {
  "use strict";

  function isShown(element) {
    return element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
  }

  function say(element) {
    var text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60);
    return JSON.stringify(text);
  }

  // The corners of a drawing's text on the screen, without the empty space above and below the letters.
  function corners(text) {
    var box = text.getBBox();
    var matrix = text.getScreenCTM();
    var top = box.y + box.height * 0.24;
    var bottom = box.y + box.height * 0.78;
    return [[box.x, top], [box.x + box.width, top], [box.x + box.width, bottom], [box.x, bottom]].map(function (at) {
      return [matrix.a * at[0] + matrix.c * at[1] + matrix.e, matrix.b * at[0] + matrix.d * at[1] + matrix.f];
    });
  }

  // Two convex shapes overlap unless a line along one of their sides parts them.
  function overlap(first, second) {
    var slack = 0.5;
    return [first, second].every(function (shape) {
      return shape.every(function (corner, index) {
        var next = shape[(index + 1) % shape.length];
        var length = Math.hypot(next[0] - corner[0], next[1] - corner[1]) || 1;
        var normal = [(corner[1] - next[1]) / length, (next[0] - corner[0]) / length];
        var reach = [first, second].map(function (points) {
          var along = points.map(function (at) { return at[0] * normal[0] + at[1] * normal[1]; });
          return [Math.min.apply(null, along), Math.max.apply(null, along)];
        });
        return reach[0][1] > reach[1][0] + slack && reach[1][1] > reach[0][0] + slack;
      });
    });
  }

  function collisions(items) {
    var found = [];
    items.forEach(function (one, index) {
      items.slice(index + 1).forEach(function (other) {
        if (overlap(one.corners, other.corners)) found.push(say(one.element) + " on " + say(other.element));
      });
    });
    return found;
  }

  function drawings() {
    return Array.from(document.querySelectorAll("main svg.sb-fig")).filter(isShown);
  }

  function name(svg) {
    return (svg.getAttribute("aria-label") || "").slice(0, 50);
  }

  function overlapsInDrawings() {
    return drawings().flatMap(function (svg) {
      var texts = Array.from(svg.querySelectorAll("text")).filter(function (text) {
        return text.textContent.trim();
      });
      var items = texts.map(function (text) { return { element: text, corners: corners(text) }; });
      return collisions(items).map(function (fault) { return name(svg) + ": " + fault; });
    });
  }

  function cutInDrawings() {
    return drawings().flatMap(function (svg) {
      var frame = svg.getBoundingClientRect();
      return Array.from(svg.querySelectorAll("text")).filter(function (text) {
        var box = text.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 ||
          box.top < frame.top - 2 || box.bottom > frame.bottom + 2;
      }).map(function (text) { return name(svg) + ": " + say(text) + " reaches over the edge"; });
    });
  }

  function smallTextInDrawings(least) {
    return drawings().flatMap(function (svg) {
      var sizes = Array.from(svg.querySelectorAll("text")).map(function (text) {
        var matrix = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b);
      });
      var smallest = Math.min.apply(null, sizes);
      return smallest < least ? [name(svg) + ": text of " + smallest.toFixed(1) + " px"] : [];
    });
  }

  // The lines of text of the page with their boxes, cut by the boxes in which they scroll.
  function lines() {
    var found = [];
    var walker = document.createTreeWalker(document.querySelector("#quarto-content"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      var element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || element.closest("svg, .visually-hidden, sub, sup") || !isShown(element)) continue;
      var range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      var scroller = element.closest(".table-box, .heatmap-box, pre, .sourceCode, nav[role=doc-toc]");
      var frame = scroller && scroller.getBoundingClientRect();
      Array.from(range.getClientRects()).forEach(function (box) {
        var left = frame ? Math.max(box.left, frame.left) : box.left;
        var right = frame ? Math.min(box.right, frame.right) : box.right;
        if (right - left < 1) return;
        var top = box.top + box.height * 0.25, bottom = box.bottom - box.height * 0.22;
        found.push({ element: element, corners: [[left, top], [right, top], [right, bottom], [left, bottom]] });
      });
    }
    return found;
  }

  function overlapsOnPage() {
    var sorted = lines().sort(function (a, b) { return a.corners[0][1] - b.corners[0][1]; });
    return sorted.flatMap(function (one, index) {
      var near = [];
      for (var next = index + 1; next < sorted.length && sorted[next].corners[0][1] < one.corners[2][1]; next++) {
        if (overlap(one.corners, sorted[next].corners)) near.push(say(one.element) + " on " + say(sorted[next].element));
      }
      return near;
    });
  }

  function cutInCards() {
    return Array.from(document.querySelectorAll(".kpi-card, .finding, .empty")).filter(function (card) {
      return isShown(card) && card.scrollWidth > card.clientWidth + 1;
    }).map(function (card) { return say(card) + " is wider than its box"; });
  }

  // What is wider than the window, whether the page scrolls or cuts it; boxes that are made to scroll are left out.
  function sideways() {
    var width = document.documentElement.clientWidth;
    var scroll = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
    var faults = scroll > width ? ["the page is " + scroll + " wide"] : [];
    var wide = Array.from(document.querySelectorAll("#quarto-header *, #quarto-content *, footer *")).filter(function (element) {
      return element.getBoundingClientRect().right > width + 1 && isShown(element) &&
        !element.closest(".table-box, pre, [role=group][tabindex]");
    });
    return faults.concat(wide.slice(0, 5).map(function (one) { return one.tagName + " " + say(one) + " reaches over the page"; }));
  }

  function rgba(text) {
    var parts = (text.match(/[\d.]+/g) || []).map(Number);
    return parts.length < 3 ? null : [parts[0], parts[1], parts[2], parts.length > 3 ? parts[3] : 1];
  }

  function luminance(color) {
    var parts = color.slice(0, 3).map(function (part) {
      part /= 255;
      return part <= 0.03928 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  }

  // What lies below a point, painted from the page upwards; lines that cross it are left out.
  function ground(x, y, text) {
    var painted = document.elementsFromPoint(x, y).filter(function (element) { return element !== text; }).reverse();
    return painted.reduce(function (below, element) {
      var style = getComputedStyle(element);
      var isDrawn = element.ownerSVGElement;
      if (element.tagName === "text" || (isDrawn && style.fill === "none")) return below;
      var color = rgba(isDrawn ? style.fill : style.backgroundColor);
      if (!color) return below;
      var opacity = color[3] * (isDrawn ? style.fillOpacity * style.opacity : 1);
      return below.map(function (part, index) { return part * (1 - opacity) + color[index] * opacity; });
    }, [255, 255, 255]);
  }

  // Needs a window as high as the page, because only what is in the window can be asked for. axe leaves drawings out.
  function faintTextInDrawings(least) {
    return drawings().flatMap(function (svg) {
      return Array.from(svg.querySelectorAll("text")).flatMap(function (text) {
        var box = text.getBoundingClientRect();
        if (box.right > document.documentElement.clientWidth) return []; // in a box that scrolls; a wider window shows it
        var below = luminance(ground(box.left + box.width / 2, box.top + box.height / 2, text));
        var own = luminance(rgba(getComputedStyle(text).fill));
        var contrast = (Math.max(own, below) + 0.05) / (Math.min(own, below) + 0.05);
        return contrast < least ? [name(svg) + ": " + say(text) + " has a contrast of " + contrast.toFixed(2)] : [];
      });
    });
  }

  function withoutWords() {
    var faults = Array.from(document.querySelectorAll("img:not([alt])")).map(function (image) { return image.src; });
    document.querySelectorAll("main svg.sb-fig").forEach(function (svg) {
      if (svg.getAttribute("role") !== "img" || !(svg.getAttribute("aria-label") || "").trim()) faults.push(name(svg));
    });
    return faults;
  }

  return { overlapsInDrawings: overlapsInDrawings, cutInDrawings: cutInDrawings, smallTextInDrawings: smallTextInDrawings,
           faintTextInDrawings: faintTextInDrawings, overlapsOnPage: overlapsOnPage, cutInCards: cutInCards, sideways: sideways, withoutWords: withoutWords };
})();
