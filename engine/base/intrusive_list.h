// A doubly linked list through nodes embedded in its elements: no allocation, removal in constant
// time from the element alone. An element derives from ListNode<Tag>, once per list it can be on.
// Elements belong to their owners, not to the list; a node leaves its list when it is destroyed.
// List and elements belong to one shard.
#pragma once

#include "engine/base/check.h"

namespace base {

struct DefaultTag {};

template <class Tag = DefaultTag>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    CHECK((next_ == nullptr) == (previous_ == nullptr));
    if (next_ == nullptr) return;
    // Neighbours that have gone, or a list that two shards have touched, show here.
    CHECK(next_->previous_ == this && previous_->next_ == this);
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T, class OtherTag>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

template <class T, class Tag = DefaultTag>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() { head_.next_ = head_.previous_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() { clear(); }

  bool empty() const { return head_.next_ == &head_; }
  void push_back(T& element) { insert_before(head_, element); }
  void push_front(T& element) { insert_before(*head_.next_, element); }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() { return empty() ? nullptr : static_cast<T*>(head_.previous_); }
  T* pop_front() {
    T* element = front();
    if (element != nullptr) node_of(*element).unlink();
    return element;
  }
  void clear() {  // unlinks every element
    while (!empty()) head_.next_->unlink();
  }
  // Calls f(T&) on every element; f may remove the element it is given, but no other.
  template <class F>
  void for_each(F f) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      f(*static_cast<T*>(node));
      CHECK(next->linked());  // f has removed no other
      node = next;
    }
  }

 private:
  static Node& node_of(T& element) { return element; }
  void insert_before(Node& place, T& element) {
    Node& node = node_of(element);
    CHECK(!node.linked());
    CHECK(place.previous_ != nullptr && place.previous_->next_ == &place);
    node.next_ = &place;
    node.previous_ = place.previous_;
    place.previous_->next_ = &node;
    place.previous_ = &node;
  }

  Node head_;
};

}  // namespace base
